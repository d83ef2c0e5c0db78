import type { SourceInfo } from "../../../plan/index.ts";
import { type Edit, withEdits } from "../../decode/edited.ts";
import { type Parts, withParts } from "../../decode/parts.ts";
import type { ImageInput } from "../../input.ts";
import { webpChunks } from "./chunks.ts";

/** What can be read of a WebP whose container promises more than there is. */
export interface WebpMend {
  readonly edits: readonly Edit[];
  /** Where it ends, in bytes. */
  readonly end: number;
  /** Are whole frames missing, or only what nobody put there? */
  readonly lacksFrames: boolean;
}

/** Chunks that hold pixels. */
const PICTURES = ["VP8 ", "VP8L", "ANMF"];

/**
 * The mend of a WebP that libwebp refuses since it is shorter than its header says: the header then
 * speaks of the chunks that are whole. Undefined where no picture in it is.
 * https://developers.google.com/speed/webp/docs/riff_container
 */
export async function webpMend(source: Parts): Promise<WebpMend | undefined> {
  const { read, bytes: size } = source;
  const promised = 8 + (await read(4, 4)).readUInt32LE(0);
  if (promised <= size) return undefined;
  let [end, pictures] = [12, 0];
  let lacksFrames = false;
  for await (const { type, at, length } of webpChunks(source)) {
    if (at + length > size) {
      lacksFrames = PICTURES.includes(type);
      break;
    }
    if (PICTURES.includes(type)) pictures += 1;
    end = at + length + (length % 2);
  }
  if (pictures === 0) return undefined;
  const riff = Buffer.alloc(4);
  riff.writeUInt32LE(end - 8);
  // The last chunk's padding may be missing.
  const padding = end > size ? [{ at: size, bytes: Buffer.alloc(1) }] : [];
  return { edits: [{ at: 4, bytes: riff }, ...padding], end, lacksFrames };
}

/** Lends a WebP that has to be mended as a copy that is, and every other source as it is. */
export async function withMendedWebp<T>(
  input: ImageInput,
  { mended }: Pick<SourceInfo, "mended">,
  use: (input: ImageInput) => Promise<T>,
): Promise<T> {
  const mend = mended && (await withParts(input, webpMend));
  return mend === undefined ? use(input) : withEdits(input, mend.edits, use, mend.end);
}
