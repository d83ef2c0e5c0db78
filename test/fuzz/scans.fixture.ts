import { segment } from "../../packages/core/src/image/containers.fixture.ts";

/** The maximum number of bit planes of a coefficient. */
const PLANES = 14;

/**
 * A valid gray JPEG of 883 progressive scans with one bit of one coefficient each. Most are empty,
 * but a decoder visits all blocks in each.
 * https://www.w3.org/Graphics/JPEG/itu-t81.pdf, G.1.2
 *
 * @param side of the picture, a multiple of 8 px
 */
export function manyScans(side: number): Buffer {
  const blocks = (side / 8) ** 2;
  const size = [side >> 8, side & 255];
  // One code of one bit each: no difference of DC, and a run of 2^14 and more blocks without AC.
  const [noChange, longRun] = [0, 0xe0];
  return Buffer.concat([
    Buffer.of(0xff, 0xd8),
    segment(0xdb, [0, ...Array.from({ length: 64 }, () => 1)]),
    segment(0xc2, [8, ...size, ...size, 1, 1, 0x11, 0]),
    segment(0xc4, [0x00, 1, ...Array.from({ length: 15 }, () => 0), noChange]),
    segment(0xc4, [0x10, 1, ...Array.from({ length: 15 }, () => 0), longRun]),
    scan(0, 0, Buffer.alloc(Math.ceil(blocks / 8))),
    ...Array.from({ length: PLANES }, (_, at) => PLANES - 1 - at).flatMap((plane) =>
      Array.from({ length: 63 }, (_, at) => {
        const before = plane === PLANES - 1 ? 0 : plane + 1;
        return scan(at + 1, before * 16 + plane, empty(blocks));
      }),
    ),
    Buffer.of(0xff, 0xd9),
  ]);
}

function scan(coefficient: number, bits: number, data: Buffer): Buffer {
  return Buffer.concat([segment(0xda, [1, 1, 0, coefficient, coefficient, bits]), data]);
}

/** 2^14 plus 14 bits, of which no eight in a row are those of a marker. */
const RUN = 2 ** 14 + 0b01010101010101;

/** Runs of blocks without a coefficient. The last run may exceed the number of blocks. */
function empty(blocks: number): Buffer {
  let bits = "";
  for (let left = blocks; left > 0; left -= RUN) bits += `0${"01".repeat(7)}`;
  const bytes = bits.match(/.{1,8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte.padEnd(8, "1"), 2)));
}
