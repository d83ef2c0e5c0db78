import { configureCodec } from "@imagefleet/core/image";
import { Ssimulacra2 } from "@imagefleet/core/ssimulacra2";
import sharp, { type Region, type Sharp } from "sharp";
import { ownCpu } from "../measure/cpu.ts";
import { type PictureRun, WIDTHS } from "./run.ts";
import { SETTINGS } from "./settings.ts";

// Measures every setting on one picture at every width: node child.ts <file> <side of the scored crop, px, or 0>
const [file = "", side = "0"] = process.argv.slice(2);
configureCodec({ threads: 1 });
const run: PictureRun = [];
// Each encoder is used once before it is measured: its first use loads it.
const small = { create: { width: 64, height: 64, channels: 3, background: "#888" } } as const;
for (const { encode } of SETTINGS) await encode(sharp(small), 50).toBuffer();
for (const width of WIDTHS) {
  const { data, info } = await sharp(file, { autoOrient: true })
    .flatten({ background: "#fff" })
    .resize({ width })
    .toColorspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { height, channels } = info;
  if (channels !== 3) throw new Error(`${file} has ${channels} channels`);
  const pipeline = () => sharp(data, { raw: { width, height, channels } });
  const crop = cropOf(width, height, Number(side));
  const original = new Ssimulacra2(await pixels(pipeline(), crop));
  for (const { name, qualities, encode } of SETTINGS) {
    for (const quality of qualities) {
      const before = ownCpu();
      const made = await encode(pipeline(), quality).toBuffer();
      const cpuMs = ownCpu() - before;
      // Decoded whole: a crop while decoding could read other pixels.
      const decoded = sharp(await sharp(made).toColorspace("srgb").raw().toBuffer(), {
        raw: { width, height, channels },
      });
      const score = original.score(await pixels(decoded, crop));
      run.push({ width, setting: name, quality, bytes: made.byteLength, cpuMs, score });
    }
  }
}
process.stdout.write(JSON.stringify(run));

/** The crop in the middle, or the whole picture for 0. */
function cropOf(width: number, height: number, most: number): Region {
  const across = Math.min(width, most || width);
  const down = Math.min(height, most || height);
  return { left: (width - across) >> 1, top: (height - down) >> 1, width: across, height: down };
}

async function pixels(picture: Sharp, { left, top, width, height }: Region) {
  const data = await picture.extract({ left, top, width, height }).raw().toBuffer();
  return { data, width, height };
}
