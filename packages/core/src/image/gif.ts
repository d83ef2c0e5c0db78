import { readFile } from "node:fs/promises";
import { Rejection } from "../outcome/index.ts";
import type { ImageInput } from "./input.ts";

const TRAILER = 0x3b;
const EXTENSION = 0x21;
const FRAME = 0x2c;

/**
 * A GIF that ends inside a frame or an extension is not all there: libnsgif then shows the frames
 * before, without a word. One that ends between two lacks no more than its last byte, as many do.
 * https://www.w3.org/Graphics/GIF/spec-gif89a.txt
 *
 * @throws Rejection `SourceCorrupt`
 */
export async function checkGif(input: ImageInput): Promise<void> {
  const bytes = input.kind === "bytes" ? input.bytes : await readFile(input.path);
  if (!isCutOff(bytes)) return;
  throw new Rejection("SourceCorrupt", "the pixels cannot be read: the file ends within a frame");
}

function isCutOff(file: Uint8Array): boolean {
  let at = 13 + tableBytes(file[10]);
  while (at < file.length) {
    const block = file[at];
    // What is neither, and what stands behind the end, is for the decoder to judge.
    if (block === TRAILER || (block !== EXTENSION && block !== FRAME)) return false;
    at = afterParts(file, block === EXTENSION ? at + 2 : at + 11 + tableBytes(file[at + 9]));
  }
  return at > file.length;
}

/** A table of colours, whose flags say whether it is there, and its size. */
export function tableBytes(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** Data comes in parts, each with its length before it, until one of none. */
export function afterParts(file: Uint8Array, from: number): number {
  let at = from;
  while (at < file.length && (file[at] ?? 0) > 0) at += 1 + (file[at] ?? 0);
  return at + 1;
}
