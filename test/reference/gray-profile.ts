interface How {
  /** The space of the curve's results: light or lightness. */
  readonly to?: "XYZ " | "Lab ";
}

/**
 * A profile of gray, version 2: https://www.color.org/ICC_Minor_Revision_for_Web.pdf
 *
 * @param curve the light of a sample: a gamma, or the bytes of a `curv` or `para`
 */
export function grayProfile(curve: number | Buffer, { to = "XYZ " }: How = {}): Buffer {
  const white = Buffer.alloc(20);
  white.write("XYZ ", "latin1");
  for (const [at, value] of [0.9642, 1, 0.8249].entries()) {
    white.writeInt32BE(Math.round(value * 65_536), 8 + at * 4);
  }
  const name = Buffer.alloc(12 + 5 + 78);
  name.write("desc", "latin1");
  name.writeUInt32BE(5, 8);
  name.write("gray", 12, "latin1");
  const rights = Buffer.from("text\0\0\0\0none\0\0\0\0", "latin1");
  const tags = [
    ["desc", Buffer.concat([name, Buffer.alloc(1)])],
    ["wtpt", white],
    ["kTRC", typeof curve === "number" ? curv([Math.round(curve * 256)]) : curve],
    ["cprt", rights],
  ] as const;
  return assembled(tags, to);
}

/** No value: linear. One: a gamma in 1/256. More: light at even steps. */
export function curv(values: readonly number[]): Buffer {
  const curve = Buffer.alloc(12 + values.length * 2 + (values.length % 2) * 2);
  curve.write("curv", "latin1");
  curve.writeUInt32BE(values.length, 8);
  for (const [at, value] of values.entries()) curve.writeUInt16BE(value, 12 + at * 2);
  return curve;
}

export function para(kind: number, parameters: readonly number[]): Buffer {
  const curve = Buffer.alloc(12 + parameters.length * 4);
  curve.write("para", "latin1");
  curve.writeUInt16BE(kind, 8);
  for (const [at, value] of parameters.entries()) {
    curve.writeInt32BE(Math.round(value * 65_536), 12 + at * 4);
  }
  return curve;
}

function assembled(tags: readonly (readonly [string, Buffer])[], to: string): Buffer {
  const head = Buffer.alloc(128 + 4 + tags.length * 12);
  head.writeUInt32BE(0x02_10_00_00, 8);
  head.write(`mntrGRAY${to}`, 12, "latin1");
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
