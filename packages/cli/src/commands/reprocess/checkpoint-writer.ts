import { type Checkpoint, writeCheckpoint } from "./checkpoint.ts";

/** How often the checkpoint is written, ms: a kill costs no more than this, sent once again. */
const CHECKPOINT_MS = 1_000;

/** Keeps the checkpoint up to date until it is disposed of, and writes it once more then. */
export function checkpointWriter(file: string, now: () => Checkpoint): AsyncDisposable {
  let last: Promise<void> = Promise.resolve();
  let fault: { readonly error: unknown } | undefined;
  const write = () => {
    last = last
      .then(() => writeCheckpoint(file, now()))
      .catch((error: unknown) => {
        fault ??= { error };
      });
    return last;
  };
  void write();
  const timer = setInterval(write, CHECKPOINT_MS);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await write();
      if (fault) throw fault.error;
    },
  };
}
