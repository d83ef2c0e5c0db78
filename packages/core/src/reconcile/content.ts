import type { ImageInput } from "../image/index.ts";
import { type OpenSource, readContent, type Scratch, saveContent } from "../store/index.ts";

/**
 * Passes a source's content to `use`, in memory or as a file in `scratch`. It is freed when `use`
 * ends: nothing may read it after that.
 *
 * @throws Failure `StoreUnavailable` when the content does not arrive whole, `DiskFull`; and what
 *   `use` throws
 *
 * @example
 * const answer = await resources.sources.open("photos", "tom.jpg", { signal });
 * if (answer.kind === "open") {
 *   await withContent(answer.source, undefined, signal, (input) => CODEC.probe(input, recipe));
 * }
 */
export async function withContent<T>(
  source: OpenSource,
  scratch: Scratch | undefined,
  signal: AbortSignal,
  use: (input: ImageInput) => Promise<T>,
): Promise<T> {
  if (scratch === undefined) {
    const bytes = await readContent(source, signal);
    try {
      return await use({ kind: "bytes", bytes });
    } finally {
      release(bytes);
    }
  }
  try {
    return await scratch.withFile(source.bytes, signal, async ({ path, written }) => {
      await saveContent(source, path, signal);
      written();
      return use({ kind: "file", path });
    });
  } finally {
    source.body.destroy();
  }
}

/**
 * Frees the memory without waiting for the garbage collector. A batch has up to 20 MiB per source
 * outside V8's heap, and garbage there makes V8 collect the whole heap more often.
 */
function release({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
