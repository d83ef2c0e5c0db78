import type { SourceInfo } from "../../../plan/index.ts";
import { type ByteReader, withByteReader } from "../../decode/byte-reader.ts";
import { type Edit, withEditedCopy } from "../../decode/edited-copy.ts";
import type { ImageInput } from "../../input.ts";
import { webpChunks } from "./chunks.ts";

/** The readable part of a WebP that is shorter than its container specifies. */
export interface WebpRepair {
  readonly edits: readonly Edit[];
  /** The end of the readable part, in bytes. */
  readonly end: number;
  /** Whether a frame is missing or incomplete, and not only other data. */
  readonly lacksFrames: boolean;
}

/** Chunks that contain pixels. */
const PICTURES = ["VP8 ", "VP8L", "ANMF"];

/**
 * The repair of a WebP that libwebp rejects because it is shorter than its header specifies: the
 * header then covers only the complete chunks. It is undefined if no image is complete.
 * https://developers.google.com/speed/webp/docs/riff_container
 */
export async function webpRepair(source: ByteReader): Promise<WebpRepair | undefined> {
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
  // The padding of the last chunk may be missing.
  const padding = end > size ? [{ at: size, bytes: Buffer.alloc(1) }] : [];
  return { edits: [{ at: 4, bytes: riff }, ...padding], end, lacksFrames };
}

/** Passes a repaired copy of a WebP to `use` if it needs one, and any other source unchanged. */
export async function withRepairedWebp<T>(
  input: ImageInput,
  { mended }: Pick<SourceInfo, "mended">,
  use: (input: ImageInput) => Promise<T>,
): Promise<T> {
  const repair = mended && (await withByteReader(input, webpRepair));
  return repair === undefined ? use(input) : withEditedCopy(input, repair.edits, use, repair.end);
}
