import { randomUUID } from "node:crypto";
import { rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../outcome/index.ts";

const MIB = 1024 * 1024;

/** A temporary file. */
export interface ScratchFile {
  readonly path: string;
  /** To be called when the file is complete: its bytes are then part of the disk's used space. */
  written(): void;
}

/** A folder for downloaded sources, which reserves disk space for each of them. */
export class Scratch {
  readonly folder: string;
  /** Reserved for files that are still being written, bytes. */
  #reserved = 0;
  #files = 0;
  #change = Promise.withResolvers<void>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Passes a new file to `use` and removes it when `use` ends. If the disk has too little free space,
   * it waits until other files of this folder are removed.
   *
   * @param bytes the space to reserve
   * @throws Failure `DiskFull` when the space is too small without other files; the signal's reason;
   *   and what `use` throws
   */
  async withFile<T>(
    bytes: number,
    signal: AbortSignal,
    use: (file: ScratchFile) => Promise<T>,
  ): Promise<T> {
    await this.#reserve(bytes, signal);
    let reserved = bytes;
    const written = () => {
      this.#reserved -= reserved;
      reserved = 0;
      this.#changed();
    };
    const path = join(this.folder, randomUUID());
    try {
      return await use({ path, written });
    } finally {
      await rm(path, { force: true });
      this.#files -= 1;
      written();
    }
  }

  /** Waits for the space and reserves it. */
  async #reserve(bytes: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const { bavail, bsize } = await statfs(this.folder);
      const free = bavail * bsize - this.#reserved;
      if (bytes <= free) break;
      if (this.#files === 0) {
        const [needs, has] = [Math.ceil(bytes / MIB), Math.floor(free / MIB)];
        throw new Failure(
          "DiskFull",
          `the source has ${needs} MiB and the disk has ${has} MiB free`,
        );
      }
      await unlessAborted(this.#change.promise, signal);
    }
    // In the same turn as the check, so that no other file takes the space in between.
    this.#files += 1;
    this.#reserved += bytes;
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}

async function unlessAborted(change: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  const stop = () => aborted.resolve();
  signal.addEventListener("abort", stop, { once: true });
  await Promise.race([change, aborted.promise]);
  signal.removeEventListener("abort", stop);
}
