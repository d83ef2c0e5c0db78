import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { whyUnreadable } from "../file-fault.ts";
import { WrongUse } from "../wrong-use.ts";
import type { Candidate, Track } from "./candidate.ts";
import { formatOf, type KeyFormat, keyReader } from "./key-line.ts";

/** Lines read together. */
const PAGE = 1_000;

export interface KeyFileOptions {
  readonly bucket: string;
  readonly format: KeyFormat | undefined;
  readonly columns: string;
}

/** Keys of a file, one a line; where it goes on is a count of lines. */
export function keyFileTrack(file: string, options: KeyFileOptions): Track {
  return {
    name: file,
    async *pages(after) {
      const from = Number(after ?? 0);
      let at = 0;
      let candidates: Candidate[] = [];
      let read: ReturnType<typeof keyReader> | undefined;
      for await (const text of linesOf(file)) {
        at++;
        // Some editors begin a file with a mark of its encoding, which is of no key.
        const line = at === 1 ? text.replace(/^\ufeff/, "") : text;
        if (line.trim() === "") continue;
        read ??= keyReader(options.format ?? formatOf(line), options.bucket, options.columns);
        if (at <= from) continue;
        const named = read(line);
        if (named === undefined) {
          throw new WrongUse(
            `${file}, line ${at} names no key: ${JSON.stringify(line.slice(0, 80))}: a key is text of 1 to 1,024 bytes; --format says how to read the lines`,
          );
        }
        if (named === "no source") continue;
        if ("otherBucket" in named) {
          throw new WrongUse(
            `${file}, line ${at} is of the bucket ${named.otherBucket}, and sources are in ${options.bucket}: leave such lines out, or name the right --source-bucket`,
          );
        }
        candidates.push(named);
        if (candidates.length < PAGE) continue;
        yield { candidates, mark: String(at) };
        candidates = [];
      }
      if (candidates.length > 0) yield { candidates, mark: String(at) };
    },
  };
}

/** By what a file is known again. */
export async function fileState(file: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(file);
    return `${size} bytes of ${new Date(mtimeMs).toISOString()}`;
  } catch (error) {
    throw new WrongUse(`${file} cannot be read: ${whyUnreadable(error)}`, { cause: error });
  }
}

/** Keeps what comes on stdin: it cannot be read twice, to count and to send, nor again to resume. */
export async function keepStdin(file: string): Promise<void> {
  await pipeline(process.stdin, createWriteStream(file));
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const raw = createReadStream(file);
  const source = file.endsWith(".gz") ? raw.pipe(createGunzip()) : raw;
  const fault = Promise.withResolvers<never>();
  const refuse = (error: Error) => {
    fault.reject(new WrongUse(`${file} cannot be read: ${whyUnreadable(error)}`, { cause: error }));
    source.destroy();
  };
  fault.promise.catch(() => undefined);
  raw.on("error", refuse);
  source.on("error", refuse);
  try {
    yield* createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY });
    if (raw.errored || source.errored) await fault.promise;
  } finally {
    raw.destroy();
  }
}
