import { configureCodec } from "@imagefleet/core/image";
import { measureEncoders, rgbOf } from "@imagefleet/core/measuring";
import sharp, { type Sharp } from "sharp";
import { type PictureRun, WIDTHS } from "./run.ts";
import { SETTINGS } from "./settings.ts";

// Measures every setting on one picture at every width: node child.ts <file> <side of the scored crop, px, or 0>
const [file = "", side = "0"] = process.argv.slice(2);
configureCodec({ threads: 1 });
const run: PictureRun = [];
// Each encoder is used once before it is measured: its first use loads it.
const small = { create: { width: 64, height: 64, channels: 3, background: "#888" } } as const;
for (const { encode } of SETTINGS) await encode(sharp(small), 50).toBuffer();
const all = SETTINGS.flatMap(({ name, qualities, encode }) =>
  qualities.map((quality) => ({
    setting: name,
    quality,
    encode: (picture: Sharp) => encode(picture, quality),
  })),
);
for (const width of WIDTHS) {
  const picture = sharp(file, { autoOrient: true }).flatten({ background: "#fff" });
  const samples = await measureEncoders(
    await rgbOf(picture.resize({ width })),
    Number(side),
    all.map(({ encode }) => encode),
  );
  for (const [at, { setting, quality }] of all.entries()) {
    const sample = samples[at];
    if (sample) run.push({ width, setting, quality, ...sample });
  }
}
process.stdout.write(JSON.stringify(run));
