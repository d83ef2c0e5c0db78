import sharp from "sharp";
import { paint } from "./canvas.ts";
import { develop, enlarge } from "./film.ts";
import { aurora } from "./scenes/aurora.ts";
import { coast } from "./scenes/coast.ts";
import { dahlia } from "./scenes/dahlia.ts";
import { day } from "./scenes/day.ts";
import { moon } from "./scenes/moon.ts";
import { mountainLake } from "./scenes/mountain-lake.ts";
import { nightCity } from "./scenes/night-city.ts";
import { STICKER } from "./scenes/sticker.ts";
import { stillLife } from "./scenes/still-life.ts";

/** 12 megapixels, straight from a camera. */
export function mountainLakeJpeg(): Promise<Buffer> {
  return develop(paint(mountainLake(), 720, 4 / 3), 4000, 3000, 7)
    .jpeg({ quality: 88 })
    .toBuffer();
}

/** 12 megapixels from a phone that was held upright: it lies on its side, and says so in EXIF. */
export function fruitJpeg(): Promise<Buffer> {
  const upright = stillLife();
  const lying = paint((x, y) => upright((1 - y) * 0.75, x * 0.75), 720, 4 / 3);
  return develop(lying, 4000, 3000, 6)
    .jpeg({ quality: 85 })
    .withMetadata({ orientation: 6 })
    .withExifMerge({ IFD0: { Make: "Imagefleet", Model: "Sample phone" } })
    .toBuffer();
}

/** A progressive JPEG, as websites serve them. */
export function dahliaJpeg(): Promise<Buffer> {
  return enlarge(paint(dahlia(), 720, 1), 2400, 2400)
    .jpeg({ quality: 86, progressive: true })
    .toBuffer();
}

export function nightCityWebp(): Promise<Buffer> {
  return enlarge(paint(nightCity(), 800, 3 / 2), 2400, 1600)
    .webp({ quality: 84, effort: 1 })
    .toBuffer();
}

export function auroraAvif(): Promise<Buffer> {
  return enlarge(paint(aurora(), 600, 16 / 10), 1600, 1000)
    .avif({ quality: 60, effort: 0 })
    .toBuffer();
}

/** Gray with 16 bits a pixel. */
export function moonPng(): Promise<Buffer> {
  const side = 800;
  const light = moon();
  const pixels = Uint16Array.from({ length: side * side }, (_unused, index) =>
    Math.round(65_535 * light((index % side) / side, Math.floor(index / side) / side)),
  );
  return sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
    .toColorspace("grey16")
    .png({ compressionLevel: 3 })
    .toBuffer();
}

/** Transparent around. */
export function stickerPng(): Promise<Buffer> {
  return sharp(Buffer.from(STICKER)).png().toBuffer();
}

const FRAMES = 12;
/** px */
const FRAME = { width: 320, height: 200 };

/** An animation. */
export function dayGif(): Promise<Buffer> {
  const frames = Array.from({ length: FRAMES }, (_unused, index) =>
    paint(day((0.3 + index / FRAMES) % 1), FRAME.height, FRAME.width / FRAME.height),
  );
  return sharp(Buffer.concat(frames.map(({ pixels }) => pixels)), {
    raw: {
      width: FRAME.width,
      height: FRAME.height * FRAMES,
      channels: 3,
      pageHeight: FRAME.height,
    },
  })
    .gif({ delay: frames.map(() => 160), loop: 0, effort: 1 })
    .toBuffer();
}

/** A scan, stored without compression: 25 MiB, over the small lane's 20. */
export function coastTiff(): Promise<Buffer> {
  return develop(paint(coast(), 700, 2), 4200, 2100, 6)
    .tiff({ compression: "none", xres: 23.6, yres: 23.6 })
    .toBuffer();
}
