import { Rejection } from "../outcome/index.ts";
import type { Area, Plan } from "../plan/index.ts";
import { type Edit, withEdits } from "./edited.ts";
import { attempt, decodeFault } from "./fault.ts";
import type { ImageInput } from "./input.ts";
import { END, isFrame, jpegSegments, SCAN } from "./jpeg-segments.ts";
import { type Parts, withParts } from "./parts.ts";
import { type FailOn, reading } from "./reading.ts";

const END_OF_IMAGE = [0xff, END];
const PROGRESSIVE = [0xc2, 0xca];

/** Bits that could go on behind the last byte, none of them set and all. */
const ZEROS = [0, 0, 0, 0, 0, 0, 0, 0];
const ONES = [0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0];

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
  const area = await withParts(input, endless);
  if (area === undefined) return undefined;
  const top = Math.max(0, area.height - BOTTOM);
  const bottom = { left: 0, top, width: area.width, height: area.height - top };
  const ended = (bits: readonly number[]) => ({
    at: source.bytes,
    bytes: Uint8Array.from([...bits, ...END_OF_IMAGE]),
  });
  const read = (bits: readonly number[], failOn: FailOn) =>
    withEdits(input, [ended(bits)], (copy) => {
      const run = () =>
        reading(copy, source, { failOn, asIs: true, asStored: true })
          .extract(bottom)
          .raw()
          .timeout({ seconds })
          .toBuffer();
      return attempt(run, decodeFault, signal);
    });
  try {
    await read([], "warning");
    const same = (await read(ZEROS, "none")).equals(await read(ONES, "none"));
    return same ? ended([]) : undefined;
  } catch (error) {
    if (error instanceof Rejection) return undefined;
    throw error;
  }
}

/**
 * The size, as stored, of a JPEG that ends without its end marker, after scans that hold every bit
 * of every coefficient; the last of them may be cut off.
 * https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.2.3 and G.1.1.1
 */
async function endless(source: Parts): Promise<Area | undefined> {
  let area: Area | undefined;
  const wanted = (marker: number) => isFrame(marker) || marker === SCAN || marker === END;
  /** By component: its coefficients of which the last bit has come. */
  let components = new Map<number, Set<number>>();
  let progressive = false;
  let from = 2;
  for (let scans = 0; scans <= SCANS; scans++) {
    const segments = await jpegSegments(source, wanted, from);
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
    const [start = 0, end = 0, bits = 0] = head.subarray(1 + count * 2);
    for (let at = 0; at < count && (bits & 15) === 0; at++) {
      const done = components.get(head[1 + at * 2] ?? 0);
      for (let index = start; index <= Math.min(end, 63); index++) done?.add(index);
    }
    from = last.at + last.length;
  }
  const all = progressive ? 64 : 1;
  return [...components.values()].every((done) => done.size >= all) ? area : undefined;
}
