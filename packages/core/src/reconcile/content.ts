import type { ImageInput } from "../image/index.ts";
import { type OpenSource, readContent, type Scratch, saveContent } from "../store/index.ts";

/**
 * Lends a source's content to `use`: in memory, or as a file in `scratch`. Either is gone when `use`
 * has ended, and nothing may be reading it any more.
 *
 * @throws Failure `StoreUnavailable` when the content does not arrive whole, `DiskFull`
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
    return await scratch.lend(source.bytes, signal, async ({ path, written }) => {
      await saveContent(source, path, signal);
      written();
      return use({ kind: "file", path });
    });
  } finally {
    source.body.destroy();
  }
}

/**
 * Now, and not when the collector comes by: a batch holds up to 20 MiB a source outside V8's heap,
 * and what is only garbage there makes it collect the whole heap more often.
 */
function release({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
