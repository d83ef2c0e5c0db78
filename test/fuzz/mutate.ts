import type { Chance } from "../model/chance.ts";

/** Most formats have their headers, directories and boxes in the first bytes. */
const HEAD = 256;
const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff];

type Mutation = (file: Buffer, chance: Chance) => Buffer;

const flipBits: Mutation = (file, chance) => {
  for (let left = 1 + chance.below(16); left > 0; left--) {
    const at = chance.below(file.length);
    file[at] = (file[at] ?? 0) ^ (1 << chance.below(8));
  }
  return file;
};

const cutOff: Mutation = (file, chance) => file.subarray(0, 1 + chance.below(file.length));

const swapBlocks: Mutation = (file, chance) => {
  const length = 1 + chance.below(Math.max(1, file.length >> 2));
  const [one, other] = [
    chance.below(file.length - length + 1),
    chance.below(file.length - length + 1),
  ];
  const kept = Buffer.from(file.subarray(one, one + length));
  file.copyWithin(one, other, other + length);
  file.set(kept, other);
  return file;
};

const editHead: Mutation = (file, chance) => {
  for (let left = 1 + chance.below(4); left > 0; left--) {
    const at = chance.below(Math.min(HEAD, file.length));
    const value = NUMBERS[chance.below(NUMBERS.length)] ?? 0;
    const bytes = Math.min(1 << chance.below(3), file.length - at);
    for (let byte = 0; byte < bytes; byte++) {
      const shift = 8 * (chance.below(2) === 0 ? byte : bytes - 1 - byte);
      file[at + byte] = (value >>> Math.min(31, shift)) & 255;
    }
  }
  return file;
};

const fillBlock: Mutation = (file, chance) => {
  const at = chance.below(file.length);
  return file.fill(
    [0, 0xff, 0x55][chance.below(3)] ?? 0,
    at,
    at + 1 + chance.below(file.length - at),
  );
};

const repeatBlock: Mutation = (file, chance) => {
  const at = chance.below(file.length);
  const block = file.subarray(at, at + 1 + chance.below(512));
  return Buffer.concat([file.subarray(0, at), block, block, file.subarray(at)]);
};

const MUTATIONS = [flipBits, cutOff, swapBlocks, editHead, editHead, fillBlock, repeatBlock];

/** A damaged copy of a file, with one mutation, or up to three for a third of the files. */
export function mutated(file: Buffer, chance: Chance): Buffer {
  let copy: Buffer = Buffer.from(file);
  for (
    let left = chance.below(3) === 0 ? 1 + chance.below(3) : 1;
    left > 0 && copy.length > 0;
    left--
  ) {
    copy = MUTATIONS[chance.below(MUTATIONS.length)]?.(copy, chance) ?? copy;
  }
  return copy;
}
