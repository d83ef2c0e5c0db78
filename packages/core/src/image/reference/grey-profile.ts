/**
 * A profile of a grey display, version 2: https://www.color.org/ICC_Minor_Revision_for_Web.pdf
 *
 * @param gamma what light a number stands for: number ^ gamma
 */
export function greyProfile(gamma: number): Buffer {
  const white = Buffer.alloc(20);
  white.write("XYZ ", "latin1");
  for (const [at, value] of [0.9642, 1, 0.8249].entries()) {
    white.writeInt32BE(Math.round(value * 65_536), 8 + at * 4);
  }
  const curve = Buffer.alloc(16);
  curve.write("curv", "latin1");
  curve.writeUInt32BE(1, 8);
  curve.writeUInt16BE(Math.round(gamma * 256), 12);
  const name = Buffer.alloc(12 + 5 + 78);
  name.write("desc", "latin1");
  name.writeUInt32BE(5, 8);
  name.write("grey", 12, "latin1");
  const rights = Buffer.from("text\0\0\0\0none\0\0\0\0", "latin1");
  return assembled([
    ["desc", Buffer.concat([name, Buffer.alloc(1)])],
    ["wtpt", white],
    ["kTRC", curve],
    ["cprt", rights],
  ]);
}

function assembled(tags: readonly (readonly [string, Buffer])[]): Buffer {
  const head = Buffer.alloc(128 + 4 + tags.length * 12);
  head.writeUInt32BE(0x02_10_00_00, 8);
  head.write("mntrGRAYXYZ ", 12, "latin1");
  head.write("acsp", 36, "latin1");
  for (const [at, value] of [0.9642, 1, 0.8249].entries()) {
    head.writeInt32BE(Math.round(value * 65_536), 68 + at * 4);
  }
  head.writeUInt32BE(tags.length, 128);
  let end = head.length;
  for (const [index, [name, data]] of tags.entries()) {
    const at = 132 + index * 12;
    head.write(name, at, "latin1");
    head.writeUInt32BE(end, at + 4);
    head.writeUInt32BE(data.length, at + 8);
    end += data.length;
  }
  head.writeUInt32BE(end, 0);
  return Buffer.concat([head, ...tags.map(([, data]) => data)]);
}
