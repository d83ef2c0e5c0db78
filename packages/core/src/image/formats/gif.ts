import { readFile } from "node:fs/promises";
import { Rejection } from "../../outcome/index.ts";
import { type Edit, withEditedCopy } from "../decode/edited-copy.ts";
import type { ImageInput } from "../input.ts";

const EXTENSION = 0x21;
const FRAME = 0x2c;
const CONTROL = 0xf9;
/** The disposal method that clears a frame's area before the next frame is shown. */
const CLEARED = 2;

interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

interface Frame extends Rectangle {
  /** The offset of the flags in the frame's control extension, if it has one. */
  readonly control?: number;
  readonly cleared: boolean;
  readonly transparent: boolean;
  /** The offset of the compressed indices. */
  readonly data: number;
  /** The offset of the next block. It is beyond the file's end if the frame is incomplete. */
  readonly end: number;
}

interface Gif {
  readonly canvas: Rectangle;
  readonly frames: readonly Frame[];
  /** The end of the last complete block. */
  readonly end: number;
  /** Whether the file ends inside a frame or an extension. */
  readonly cut: boolean;
}

interface Wanted {
  /** Whether more than the first frame is requested. */
  readonly moving: boolean;
  /** Whether the intact part of a damaged GIF is requested. */
  readonly tolerant: boolean;
}

/**
 * Passes a GIF to `use` in the form that browsers show. libnsgif fills areas that no frame covers,
 * or that are cleared after a frame, with the background color or black; browsers show them
 * transparent.
 *
 * A GIF that ends inside a frame or an extension is incomplete: libnsgif then shows the frames
 * before, without an error. A GIF that ends between two blocks lacks only its last byte, as many
 * do. If only the first frame is requested, nothing after it matters.
 * https://www.w3.org/Graphics/GIF/spec-gif89a.txt
 *
 * @throws Rejection `SourceCorrupt`
 */
export async function withShownGif<T>(
  input: ImageInput,
  { moving, tolerant }: Wanted,
  use: (input: ImageInput) => Promise<T>,
): Promise<T> {
  const bytes = input.kind === "bytes" ? input.bytes : await readFile(input.path);
  const gif = readGif(bytes);
  const [first] = gif.frames;
  const missed = gif.cut && (moving || first === undefined || first.end > bytes.length);
  if (missed && !tolerant) {
    throw new Rejection("SourceCorrupt", "the pixels cannot be read: the file ends within a frame");
  }
  const edits = moving ? clearings(bytes, gif) : [];
  const inMemory = { kind: "bytes", bytes } as const;
  // Nothing can be appended after a truncated frame.
  if (leavesGaps(gif) && !missed) {
    const added = { at: gif.end, bytes: CLEAR_FRAME };
    return withEditedCopy(inMemory, [...edits, added], use, gif.end);
  }
  return edits.length > 0 ? withEditedCopy(inMemory, edits, use) : use(input);
}

/**
 * Whether a GIF's first frame leaves a part of its canvas uncovered.
 *
 * @param head the first bytes of the file
 */
export function hasGaps(head: Uint8Array): boolean {
  const { canvas, frames } = readGif(head);
  return frames[0] !== undefined && !covers(frames[0], canvas);
}

/**
 * A transparent frame after all others that is never shown: libvips adds an alpha channel only if
 * some frame is transparent. It contains its control extension, its own table of two colors and the
 * trailer.
 */
const CLEAR_FRAME = Buffer.from(
  "21f9040100000000" + "2c000000000100010080" + "000000000000" + "0202440100" + "3b",
  "hex",
);

function leavesGaps({ canvas, frames: [first, ...others] }: Gif): boolean {
  if (first === undefined || covers(first, canvas)) return false;
  return ![first, ...others].some(({ transparent }) => transparent);
}

/**
 * Declares an unused index of a frame as transparent, so that the frame's area is cleared to
 * transparent.
 */
function clearings(file: Uint8Array, { frames }: Gif): Edit[] {
  return frames.flatMap((frame, at): Edit[] => {
    const next = frames[at + 1];
    if (!frame.cleared || frame.transparent || frame.control === undefined) return [];
    if (next === undefined || (covers(next, frame) && !next.transparent)) return [];
    const index = unusedIndex(file, frame.data);
    if (index === undefined) return [];
    const flags = (file[frame.control] ?? 0) | 1;
    return [
      { at: frame.control, bytes: Uint8Array.of(flags) },
      { at: frame.control + 3, bytes: Uint8Array.of(index) },
    ];
  });
}

function covers(outer: Rectangle, inner: Rectangle): boolean {
  return (
    outer.left <= inner.left &&
    outer.top <= inner.top &&
    outer.right >= inner.right &&
    outer.bottom >= inner.bottom
  );
}

function readGif(bytes: Uint8Array): Gif {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Frame[] = [];
  let control: number | undefined;
  let at = 13 + tableBytes(file[10]);
  let end = Math.min(at, file.length);
  while (at < file.length) {
    const block = file[at];
    // The decoder handles unknown blocks and any data after the trailer.
    if (block !== EXTENSION && block !== FRAME) break;
    if (block === EXTENSION) {
      if (file[at + 1] === CONTROL) control = at + 3;
      at = afterParts(file, at + 2);
    } else {
      const frame = at + 10 <= file.length && readFrame(file, at, control);
      if (frame) frames.push(frame);
      control = undefined;
      at = frame ? frame.end : file.length + 1;
    }
    if (at <= file.length) end = at;
  }
  return {
    canvas: {
      left: 0,
      top: 0,
      right: file.length < 10 ? 0 : file.readUInt16LE(6),
      bottom: file.length < 10 ? 0 : file.readUInt16LE(8),
    },
    frames,
    end,
    cut: at > file.length,
  };
}

function readFrame(file: Buffer, at: number, control: number | undefined): Frame {
  const [left, top] = [file.readUInt16LE(at + 1), file.readUInt16LE(at + 3)];
  const flags = control === undefined ? 0 : (file[control] ?? 0);
  const data = at + 10 + tableBytes(file[at + 9]);
  return {
    left,
    top,
    right: left + file.readUInt16LE(at + 5),
    bottom: top + file.readUInt16LE(at + 7),
    ...(control !== undefined && { control }),
    cleared: ((flags >> 2) & 7) === CLEARED,
    transparent: (flags & 1) === 1,
    data,
    end: afterParts(file, data + 1),
  };
}

/**
 * An index into the color table that no pixel of a frame uses; undefined if all are used. Every LZW
 * string consists of indices that were written individually before.
 */
function unusedIndex(file: Uint8Array, data: number): number | undefined {
  const bits = file[data] ?? 0;
  if (bits !== 8) return bits < 8 ? 255 : undefined;
  const clear = 2 ** bits;
  const used = new Set<number>();
  let [width, next, held, have] = [bits + 1, clear + 2, 0, 0];
  let first = true;
  for (let part = data + 1; (file[part] ?? 0) > 0; part += 1 + (file[part] ?? 0)) {
    for (const byte of file.subarray(part + 1, part + 1 + (file[part] ?? 0))) {
      held |= byte << have;
      have += 8;
      if (have < width) continue;
      const code = held & (2 ** width - 1);
      held >>>= width;
      have -= width;
      if (code === clear + 1) return [...Array(256).keys()].find((index) => !used.has(index));
      if (code === clear) {
        [width, next, first] = [bits + 1, clear + 2, true];
        continue;
      }
      if (code < clear) used.add(code);
      // The first string after a clear code adds no table entry.
      if (!first && next < 4096) next += 1;
      first = false;
      if (next === 2 ** width && width < 12) width += 1;
    }
  }
  return [...Array(256).keys()].find((index) => !used.has(index));
}

/** The size of a color table in bytes, from its flags; 0 without a table. */
export function tableBytes(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/**
 * The offset after a list of sub-blocks. Each begins with its length, and an empty one ends the
 * list.
 */
export function afterParts(file: Uint8Array, from: number): number {
  let at = from;
  while (at < file.length && (file[at] ?? 0) > 0) at += 1 + (file[at] ?? 0);
  return at + 1;
}
