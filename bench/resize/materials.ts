import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { samplesFolder } from "../data.ts";

/** A test picture, as a JPEG of q90. */
export interface Material {
  readonly name: string;
  readonly jpeg: Buffer;
}

/** px; divisible by 8. */
export const MATERIAL = { width: 1600, height: 1200 } as const;
const { width: WIDTH, height: HEIGHT } = MATERIAL;

/** A photo, and what is difficult to scale: print, fine lines, a zone plate. */
export async function materials(): Promise<Material[]> {
  const photo = sharp(join(await samplesFolder(), "mountain-lake.jpg"));
  const pictures: readonly (readonly [string, Sharp])[] = [
    ["photo", photo.resize(WIDTH, HEIGHT)],
    ["print", sharp(Buffer.from(page())).flatten({ background: "#fff" })],
    ["lines", painted(lines)],
    ["zone", painted(zone)],
  ];
  return Promise.all(
    pictures.map(async ([name, picture]) => ({
      name,
      jpeg: await picture.jpeg({ quality: 90 }).toBuffer(),
    })),
  );
}

const SENTENCE = "Pack my box with five dozen liquor jugs; how vexingly quick daft zebras jump. ";

/** 60 lines of text of 10 to 25 px. */
function page(): string {
  const rows = Array.from(
    { length: 60 },
    (_, row) =>
      `<text x="10" y="${20 + row * 20}" font-family="sans-serif" font-size="${10 + (row % 6) * 3}">${SENTENCE.repeat(3)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">${rows.join("")}</svg>`;
}

function painted(grayAt: (x: number, y: number) => number): Sharp {
  const data = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let px = 0; px < WIDTH * HEIGHT; px++) {
    data.fill(grayAt(px % WIDTH, Math.floor(px / WIDTH)), px * 3, px * 3 + 3);
  }
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}

/** Lines with a distance of 3, 5 and 4 px: vertical, stepped, diagonal. */
function lines(x: number, y: number): number {
  if (y < HEIGHT / 3) return x % 3 === 0 ? 0 : 255;
  if (y < (2 * HEIGHT) / 3) return (x + Math.floor(y / 7)) % 5 < 2 ? 20 : 240;
  return (x + y) % 4 < 2 ? 0 : 255;
}

/** Rings that become finer from the center, to 2 px at the left and right edges. */
function zone(x: number, y: number): number {
  const far = (x - WIDTH / 2) ** 2 + (y - HEIGHT / 2) ** 2;
  return Math.round(127.5 + 127.5 * Math.cos((Math.PI * far) / WIDTH));
}
