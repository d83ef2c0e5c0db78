import { readFile } from "node:fs/promises";
import { Rejection } from "../../outcome/index.ts";
import { type Edit, withEdits } from "../decode/edited.ts";
import type { ImageInput } from "../input.ts";

const EXTENSION = 0x21;
const FRAME = 0x2c;
const CONTROL = 0xf9;
/** What becomes of a frame before the next is shown: its area is cleared. */
const CLEARED = 2;

interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

interface Frame extends Rectangle {
  /** Where the flags of the extension that controls it stand, if it has one. */
  readonly control?: number;
  readonly cleared: boolean;
  readonly transparent: boolean;
  /** Where its compressed indices begin. */
  readonly data: number;
  /** Where the block behind it begins, beyond the file's end if it is not all there. */
  readonly end: number;
}

interface Gif {
  readonly canvas: Rectangle;
  readonly frames: readonly Frame[];
  /** Where the last whole block ends. */
  readonly end: number;
  /** Does the file end inside a frame or an extension? */
  readonly cut: boolean;
}

interface Wanted {
  /** Is more than the first frame wanted? */
  readonly moving: boolean;
  /** Is what there is of a damaged one wanted? */
  readonly tolerant: boolean;
}

/**
 * Lends a GIF to `use` as browsers show it. libnsgif shows what no frame covers, and what is cleared
 * after a frame, in the color of the background or black; in browsers it is transparent.
 *
 * A GIF that ends inside a frame or an extension is not all there: libnsgif then shows the frames
 * before, without a word. One that ends between two lacks no more than its last byte, as many do,
 * and where the first frame is all that is wanted, nothing behind it is missed.
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
  // Behind a frame that is cut off nothing can be put.
  if (leavesGaps(gif) && !missed) {
    const added = { at: gif.end, bytes: CLEAR_FRAME };
    return withEdits(inMemory, [...edits, added], use, gif.end);
  }
  return edits.length > 0 ? withEdits(inMemory, edits, use) : use(input);
}

/**
 * Does a GIF's first frame leave a part of its canvas as it is?
 *
 * @param head the first bytes of the file
 */
export function hasGaps(head: Uint8Array): boolean {
  const { canvas, frames } = readGif(head);
  return frames[0] !== undefined && !covers(frames[0], canvas);
}

/**
 * A frame that is transparent, behind all others and never shown: libvips has an alpha channel for
 * those GIFs in which any frame is. With its control, its own table of two colors and the end.
 */
const CLEAR_FRAME = Buffer.from(
  "21f9040100000000" + "2c000000000100010080" + "000000000000" + "0202440100" + "3b",
  "hex",
);

function leavesGaps({ canvas, frames: [first, ...others] }: Gif): boolean {
  if (first === undefined || covers(first, canvas)) return false;
  return ![first, ...others].some(({ transparent }) => transparent);
}

/** An index that its frame does not use makes the frame one whose area is cleared to nothing. */
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
    // What is neither, and what stands behind the end, is for the decoder to judge.
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
 * An index into the table of colors that no pixel of a frame has; undefined where each is used.
 * Every string of LZW consists of indices that were written by themselves before.
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
      // The first string after a clearing adds none to the table.
      if (!first && next < 4096) next += 1;
      first = false;
      if (next === 2 ** width && width < 12) width += 1;
    }
  }
  return [...Array(256).keys()].find((index) => !used.has(index));
}

/** A table of colors, whose flags say whether it is there, and its size. */
export function tableBytes(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** Data comes in parts, each with its length before it, until one of none. */
export function afterParts(file: Uint8Array, from: number): number {
  let at = from;
  while (at < file.length && (file[at] ?? 0) > 0) at += 1 + (file[at] ?? 0);
  return at + 1;
}
