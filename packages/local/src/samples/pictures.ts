import sharp, { type Sharp } from "sharp";
import {
  aurora,
  coast,
  dahlia,
  day,
  moon,
  mountainLake,
  nightCity,
  type Scene,
  seeded,
  sticker,
  stillLife,
} from "./scenes.ts";

const TILE = 512;

/** The height at which a scene is drawn before it is enlarged, in px. */
const DRAWN = 1000;

/** The margin that is cut off, in px: waves leave gaps at the edges. */
const MARGIN = 20;

/** The pictures by file name. `truncated-upload.jpg` is made of one of them. */
export const PICTURES = {
  /** A scan that is stored without compression: 25 MiB, over the small lane's 20. */
  "coast-scan.tif": async () =>
    (await photo(coast(), 4200, 2100)).tiff({ compression: "none", xres: 23.6, yres: 23.6 }),
  /** 12 megapixels, as from a camera. */
  "mountain-lake.jpg": async () => (await photo(mountainLake(), 4000, 3000)).jpeg({ quality: 88 }),
  /** As from a phone that was held upright: 12 megapixels that lie on their side, with EXIF's orientation. */
  "fruit-phone.jpg": async () =>
    (await photo(stillLife(), 4000, 3000, -90))
      .jpeg({ quality: 85 })
      .withMetadata({ orientation: 6 })
      .withExifMerge({ IFD0: { Make: "Imagefleet", Model: "Sample phone" } }),
  "dahlia-progressive.jpg": async () =>
    (await photo(dahlia(), 2400, 2400)).jpeg({ quality: 86, progressive: true }),
  "night-city.webp": async () =>
    (await photo(nightCity(), 2400, 1600)).webp({ quality: 90, effort: 1 }),
  "aurora.avif": async () => (await photo(aurora(), 1600, 1000)).avif({ quality: 75, effort: 0 }),
  /** Gray with 16 bits a pixel: the enlargement gives it more than 256 levels. */
  "moon-16bit.png": async () =>
    (await pixels(draw(moon(), 600).flatten()))
      .pipelineColorspace("rgb16")
      .resize(800, 800, { kernel: "cubic" })
      .toColorspace("grey16")
      .png({ compressionLevel: 3 }),
  "sticker.png": async () => draw(sticker(), 1200).png(),
  "day-and-night.gif": animation,
} as const satisfies Record<string, () => Promise<Sharp>>;

function draw({ svg, aspect }: Scene, height: number): Sharp {
  const size = `width="${Math.round(height * aspect)}" height="${height}"`;
  return sharp(Buffer.from(svg.replace("<svg ", `<svg ${size} `)));
}

/** Renders a drawing: a resize would otherwise draw the SVG again at the larger size. */
async function pixels(drawing: Sharp): Promise<Sharp> {
  const { data, info } = await drawing.raw().toBuffer({ resolveWithObject: true });
  return sharp(data, { raw: info });
}

/** Enlarges a scene and adds a film's grain: without it, it has fewer bytes than any photo. */
async function photo(scene: Scene, width: number, height: number, turn = 0): Promise<Sharp> {
  const area = {
    left: MARGIN,
    top: MARGIN,
    width: Math.round(DRAWN * scene.aspect) - 2 * MARGIN,
    height: DRAWN - 2 * MARGIN,
  };
  const drawn = await pixels(draw(scene, DRAWN).flatten().extract(area));
  const tiles = { raw: { width: TILE, height: TILE, channels: 3 }, tile: true } as const;
  return drawn
    .rotate(turn)
    .resize(width, height, { kernel: "cubic", fit: "fill" })
    .composite([{ input: grain(7), ...tiles, blend: "hard-light" }])
    .removeAlpha();
}

/** @param strength in steps of 255 */
function grain(strength: number): Buffer {
  const random = seeded(97);
  const tile = Buffer.allocUnsafe(TILE * TILE * 3);
  for (let at = 0; at < tile.length; at += 3) {
    // The sum of three is near enough to the normal distribution of real grain.
    const value = 128 + (random() + random() + random() - 1.5) * strength * 2;
    tile.fill(Math.round(value), at, at + 3);
  }
  return tile;
}

async function animation(): Promise<Sharp> {
  const [count, width, height] = [12, 320, 200];
  const frames = await Promise.all(
    Array.from({ length: count }, (_frame, index) =>
      draw(day((0.3 + index / count) % 1), height)
        .flatten()
        .raw()
        .toBuffer(),
    ),
  );
  const raw = { width, height: height * count, channels: 3, pageHeight: height } as const;
  const delay = frames.map(() => 160);
  return sharp(Buffer.concat(frames), { raw }).gif({ delay, loop: 0, effort: 1 });
}
