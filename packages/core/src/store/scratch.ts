import { randomUUID } from "node:crypto";
import { rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../outcome/index.ts";

const MIB = 1024 * 1024;

/** A file that is lent: to be written, read, and gone with the loan. */
export interface ScratchFile {
  readonly path: string;
  /** It is whole: from now on the disk itself knows of its bytes. */
  written(): void;
}

/** A folder that sources are downloaded into, and the room that its disk has for them. */
export class Scratch {
  readonly folder: string;
  /** What files that are still being written will take, bytes. */
  #promised = 0;
  #lent = 0;
  #change = Promise.withResolvers<void>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Lends a new file with room for so many bytes. Where the disk has too little, it waits until others
   * that are lent here are given back.
   *
   * @throws Failure `DiskFull` when none is lent and there still is too little; the signal's reason;
   *   and what `use` throws
   */
  async lend<T>(
    bytes: number,
    signal: AbortSignal,
    use: (file: ScratchFile) => Promise<T>,
  ): Promise<T> {
    await this.#room(bytes, signal);
    let promised = bytes;
    const written = () => {
      this.#promised -= promised;
      promised = 0;
      this.#changed();
    };
    const path = join(this.folder, randomUUID());
    try {
      return await use({ path, written });
    } finally {
      await rm(path, { force: true });
      this.#lent -= 1;
      written();
    }
  }

  /** Resolves with the room taken. */
  async #room(bytes: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const { bavail, bsize } = await statfs(this.folder);
      const free = bavail * bsize - this.#promised;
      if (bytes <= free) break;
      if (this.#lent === 0) {
        const [needs, has] = [Math.ceil(bytes / MIB), Math.floor(free / MIB)];
        throw new Failure(
          "DiskFull",
          `the source has ${needs} MiB and the disk has room for ${has}`,
        );
      }
      await unlessAborted(this.#change.promise, signal);
    }
    // In the same turn as the check: nobody else has taken the room meanwhile.
    this.#lent += 1;
    this.#promised += bytes;
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
