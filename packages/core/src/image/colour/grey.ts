import type { Sharp } from "sharp";
import type { Area, Colours } from "../../plan/index.ts";
import type { Pixels } from "../pixels.ts";
import { lightOf, srgbNumber } from "./icc.ts";

/**
 * Ends a pipeline of grey with more than 8 bits in pixels of exactly this size, in sRGB by what the
 * source says of its curve, for which the codec has no profile of grey.
 */
export async function curvedPixels(
  pipeline: Sharp,
  { width, height }: Area,
  colours: Colours,
): Promise<Pixels> {
  const { data, info } = await pipeline
    .toColourspace("grey16")
    .resize({ width, height, fit: "fill" })
    .raw({ depth: "ushort" })
    .toBuffer({ resolveWithObject: true });
  const light = lightOf(colours);
  const shown = Uint8Array.from({ length: 65_536 }, (_, value) =>
    Math.round(255 * srgbNumber(light(value / 65_535))),
  );
  const stored = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const bands = info.channels;
  const channels = bands === 2 ? 4 : 3;
  const out = Buffer.allocUnsafeSlow(info.width * info.height * channels);
  for (let from = 0, to = 0; from < stored.length; from += bands, to += channels) {
    out.fill(shown[stored[from] ?? 0] ?? 0, to, to + 3);
    if (channels === 4) out[to + 3] = (stored[from + 1] ?? 0) >> 8;
  }
  return { data: out, width: info.width, height: info.height, channels };
}
