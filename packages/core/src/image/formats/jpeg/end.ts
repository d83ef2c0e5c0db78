import { Rejection } from "../../../outcome/index.ts";
import type { Area, Plan } from "../../../plan/index.ts";
import { runPipeline, toDecodeError } from "../../codec-error.ts";
import { type Edit, withEdits } from "../../decode/edited.ts";
import { type FailOn, openImage } from "../../decode/open.ts";
import { type Parts, withParts } from "../../decode/parts.ts";
import type { ImageInput } from "../../input.ts";
import { END, isFrame, jpegSegments, SCAN } from "./segments.ts";

const END_OF_IMAGE = [0xff, END];
const PROGRESSIVE = [0xc2, 0xca];

/**
 * Bits that could go on behind the last byte. Many, for libjpeg goes on with zeros when they end, and of
 * several kinds, because an invalid code ends a block as an end-of-block code does.
 */
const MORE = [[0], [0xff, 0], [0xaa], [0x55]].map((bits) => Array(256).fill(bits).flat());

/** Lines at the bottom that are compared: libvips has no word about the last 8 that it reads. */
const BOTTOM = 64;
/** More are looked at in no picture: no program writes a tenth of them. */
const SCANS = 1000;

/**
 * The end marker of a JPEG that lacks nothing else; undefined for every other one. All its pixels
 * are there if libjpeg misses none further up, and if those at the bottom are the same whatever
 * would have come behind the file's last byte.
 *
 * @throws the signal's reason
 */
export async function missingEnd(
  input: ImageInput,
  { source, seconds }: Pick<Plan, "source" | "seconds">,
  signal: AbortSignal | undefined,
): Promise<Edit | undefined> {
  const found = await withParts(input, endless);
  if (found === undefined) return undefined;
  const { width, height, end } = found;
  const top = Math.max(0, height - BOTTOM);
  const bottom = { left: 0, top, width, height: height - top };
  const ended = (bits: readonly number[]) => ({
    at: end,
    bytes: Uint8Array.from([...bits, ...END_OF_IMAGE]),
  });
  const read = (bits: readonly number[], failOn: FailOn) =>
    withEdits(input, [ended(bits)], (copy) => {
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
 * The size, as stored, of a JPEG that ends without its end marker, after scans that hold every bit
 * of every coefficient; the last of them may be cut off. And where it ends, without what may be the
 * marker's first byte.
 * https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.2.3 and G.1.1.1
 */
async function endless(source: Parts): Promise<(Area & { end: number }) | undefined> {
  let area: Area | undefined;
  const wanted = (marker: number) => isFrame(marker) || marker === SCAN || marker === END;
  /** By component: its coefficients of which the last bit has come. */
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
