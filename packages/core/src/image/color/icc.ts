import type { Colors, Transfer } from "../../plan/index.ts";
import { D50, toD50, type Vector } from "./matrix.ts";

/**
 * A color profile that describes the same colors as code points, for colors that are not mapped
 * (see `isMapped`). The codec converts colors only by profiles.
 *
 * ICC.1:2022, https://www.color.org/specification/ICC.1-2022-05.pdf
 */
export function profileOf({ primaries, transfer }: Colors): Buffer {
  const curve = curveOf(transfer);
  const [red, green, blue] = toD50(primaries);
  return assembled([
    ["rXYZ", xyz(red)],
    ["gXYZ", xyz(green)],
    ["bXYZ", xyz(blue)],
    ["rTRC", curve],
    ["gTRC", curve],
    ["bTRC", curve],
  ]);
}

function curveOf(transfer: Transfer): Buffer {
  return transfer.kind === "gamma"
    ? parametric(0, [transfer.gamma])
    : parametric(3, [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045]);
}

/** Fixed-point numbers with 16 bits before and 16 bits after the point. */
function s15(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) {
    bytes.writeInt32BE(Math.round(value * 65_536), at * 4);
  }
  return bytes;
}

function typed(type: string, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(`${type}\0\0\0\0`, "latin1"), ...parts]);
}

const xyz = (color: Vector) => typed("XYZ ", s15(color));

function parametric(kind: 0 | 3, values: readonly number[]): Buffer {
  return typed("para", Buffer.of(0, kind, 0, 0), s15(values));
}

function text(words: string): Buffer {
  const bytes = Buffer.alloc(20 + words.length * 2);
  bytes.writeUInt32BE(1);
  bytes.writeUInt32BE(12, 4);
  bytes.write("enUS", 8, "latin1");
  bytes.writeUInt32BE(words.length * 2, 12);
  bytes.writeUInt32BE(28, 16);
  for (const [at, letter] of [...words].entries()) {
    bytes.writeUInt16BE(letter.charCodeAt(0), 20 + at * 2);
  }
  return typed("mluc", bytes);
}

const padded = (part: Buffer) => Buffer.concat([part, Buffer.alloc(-part.length & 3)]);

type Tag = readonly [name: string, data: Buffer];

function assembled(own: readonly Tag[]): Buffer {
  const tags: readonly Tag[] = [
    ["desc", text("By code points")],
    ["cprt", text("CC0")],
    ["wtpt", xyz(D50)],
    ...own,
  ];
  const head = Buffer.alloc(132 + tags.length * 12);
  head.writeUInt32BE(0x04_30_00_00, 8);
  head.write("mntrRGB XYZ ", 12, "latin1");
  head.write("acsp", 36, "latin1");
  head.set(s15(D50), 68);
  head.writeUInt32BE(tags.length, 128);
  const places = new Map<Buffer, number>();
  let end = head.length;
  for (const [index, [name, data]] of tags.entries()) {
    const at = 132 + index * 12;
    const place = places.get(data) ?? end;
    if (place === end) end += padded(data).length;
    places.set(data, place);
    head.write(name, at, "latin1");
    head.writeUInt32BE(place, at + 4);
    head.writeUInt32BE(data.length, at + 8);
  }
  head.writeUInt32BE(end, 0);
  return Buffer.concat([head, ...[...places.keys()].map(padded)]);
}
