import { availableParallelism } from "node:os";
import type { Measuring } from "@imagefleet/core/measuring";
import { Tinypool } from "tinypool";
import * as v from "valibot";

const measuredSchema = v.array(
  v.object({ bytes: v.number(), cpuMs: v.number(), score: v.number() }),
);

/** The side of the square in the middle of a picture that is scored, px. */
export const CROP = 512;

/**
 * Encodes and scores pictures in processes of their own, one for each CPU, because the CPU time of a process
 * is that of one encoding only where nothing else runs in it.
 */
export class Encoders implements AsyncDisposable {
  readonly #pool = new Tinypool({
    filename: new URL("child.ts", import.meta.url).href,
    runtime: "child_process",
    minThreads: 1,
    maxThreads: availableParallelism(),
    // Between two uses, a person looks at the results of the first.
    idleTimeout: 60_000,
  });

  /**
   * The samples in the order of what is wanted.
   *
   * @throws Error when an encoder fails, or the signal's reason
   */
  async measure(
    asked: Measuring,
    signal: AbortSignal,
  ): Promise<v.InferOutput<typeof measuredSchema>> {
    try {
      return v.parse(measuredSchema, await this.#pool.run(asked, { signal }));
    } catch (error) {
      if (signal.aborted) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(
        `the encodings of ${asked.wanted.length} settings could not be measured: ${why}`,
        { cause: error },
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}
