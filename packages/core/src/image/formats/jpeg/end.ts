import { Rejection } from "../../../outcome/index.ts";
import type { Area, Plan } from "../../../plan/index.ts";
import { runPipeline, toDecodeError } from "../../codec-error.ts";
import { type ByteReader, withByteReader } from "../../decode/byte-reader.ts";
import { type Edit, withEditedCopy } from "../../decode/edited-copy.ts";
import { type FailOn, openImage } from "../../decode/open.ts";
import type { ImageInput } from "../../input.ts";
import { END, isFrame, jpegSegments, SCAN } from "./segments.ts";

const END_OF_IMAGE = [0xff, END];
const PROGRESSIVE = [0xc2, 0xca];

/**
 * Bits that could follow the last byte. There are many, because libjpeg continues with zeros at the
 * end of the data, and several kinds, because an invalid code ends a block like an end-of-block
 * code.
 */
const MORE = [[0], [0xff, 0], [0xaa], [0x55]].map((bits) => Array(256).fill(bits).flat());

/**
 * The number of lines compared at the bottom: libvips reports no errors in the last 8 lines that it
 * reads.
 */
const BOTTOM = 64;
/** The maximum number of scans that are examined. No program writes a tenth of that. */
const SCANS = 1000;

/**
 * The end marker of a JPEG that lacks only this marker; undefined for every other JPEG. All pixels
 * are present if libjpeg reports none missing further up, and if those at the bottom are the same
 * for any data that could follow the last byte.
 *
 * @throws the signal's reason
 */
export async function missingEnd(
  input: ImageInput,
  { source, seconds }: Pick<Plan, "source" | "seconds">,
  signal: AbortSignal | undefined,
): Promise<Edit | undefined> {
  const found = await withByteReader(input, withoutEnd);
  if (found === undefined) return undefined;
  const { width, height, end } = found;
  const top = Math.max(0, height - BOTTOM);
  const bottom = { left: 0, top, width, height: height - top };
  const ended = (bits: readonly number[]) => ({
    at: end,
    bytes: Uint8Array.from([...bits, ...END_OF_IMAGE]),
  });
  const read = (bits: readonly number[], failOn: FailOn) =>
    withEditedCopy(input, [ended(bits)], (copy) => {
      const run = () =>
        openImage(copy, source, { failOn, asIs: true, asStored: true })
          .extract(bottom)
          .raw()
          .timeout({ seconds })
          .toBuffer();
      return runPipeline(run, toDecodeError, signal);
    });
  try {
    await read([], "warning");
    let seen: Buffer | undefined;
    for (const bits of MORE) {
      const pixels = await read(bits, "none");
      if (seen?.equals(pixels) === false) return undefined;
      seen = pixels;
    }
    return ended([]);
  } catch (error) {
    if (error instanceof Rejection) return undefined;
    throw error;
  }
}

/**
 * The stored size of a JPEG that has no end marker but whose scans contain every bit of every
 * coefficient (the last scan may be truncated), and the end of its data, without a possible first
 * byte of the marker. https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.2.3 and G.1.1.1
 */
async function withoutEnd(source: ByteReader): Promise<(Area & { end: number }) | undefined> {
  let area: Area | undefined;
  const wanted = (marker: number) => isFrame(marker) || marker === SCAN || marker === END;
  /** For each component, the coefficients whose last bit is present. */
  let components = new Map<number, Set<number>>();
  let progressive = false;
  let start = 2;
  for (let scans = 0; scans <= SCANS; scans++) {
    const segments = await jpegSegments(source, wanted, start);
    const frame = segments.find(({ marker }) => isFrame(marker));
    const last = segments.at(-1);
    if (last?.marker === END) return undefined;
    if (frame !== undefined) {
      const head = await source.read(frame.at, frame.length);
      if (head.length < 6) return undefined;
      area = { width: head.readUInt16BE(3), height: head.readUInt16BE(1) };
      const ids = Array.from({ length: head[5] ?? 0 }, (_, at) => head[6 + at * 3] ?? 0);
      components = new Map(ids.map((id) => [id, new Set()]));
      progressive = PROGRESSIVE.includes(frame.marker);
    }
    if (last?.marker !== SCAN) break;
    const head = await source.read(last.at, last.length);
    const count = head[0] ?? 0;
    const [first = 0, end = 0, bits = 0] = head.subarray(1 + count * 2);
    for (let at = 0; at < count && (bits & 15) === 0; at++) {
      const done = components.get(head[1 + at * 2] ?? 0);
      for (let index = first; index <= Math.min(end, 63); index++) done?.add(index);
    }
    start = last.at + last.length;
  }
  const all = progressive ? 64 : 1;
  if (area === undefined || [...components.values()].some((done) => done.size < all)) {
    return undefined;
  }
  const from = Math.max(0, source.bytes - 16);
  const last = (await source.read(from, 16)).findLastIndex((byte) => byte !== 0xff);
  return { ...area, end: from + last + 1 };
}
