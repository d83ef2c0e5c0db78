import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { seeded } from "@imagefleet/local/samples";
import sharp from "sharp";
import { DATA, kept, samplesFolder } from "../data.ts";

/** What an encoder's settings are measured on. */
export interface QualityPicture {
  readonly file: string;
  readonly kind: "photo" | "graphic";
}

/** To be raised when the generated pictures change. */
export const PICTURES_VERSION = "quality-1";

const SAMPLES = ["mountain-lake.jpg", "fruit-phone.jpg", "dahlia-progressive.jpg"];
const PHOTO = /\.(?:jpe?g|png|webp|tiff?|avif)$/i;

/**
 * The photos of a folder, or the generated samples, and graphics drawn by code.
 *
 * @throws Error when the folder contains no photo
 */
export async function qualityPictures(folder: string | undefined): Promise<QualityPicture[]> {
  return [...(await photosOf(folder)), ...(await graphics())];
}

async function photosOf(folder: string | undefined): Promise<QualityPicture[]> {
  const from = folder ?? (await samplesFolder());
  const names = folder === undefined ? SAMPLES : await readdir(folder, { recursive: true });
  const photos = names.filter((name) => PHOTO.test(name)).sort();
  if (photos.length === 0) throw new Error(`${from} contains no JPEG, PNG, WebP, TIFF or AVIF`);
  return photos.map((name) => ({ file: join(from, name), kind: "photo" }));
}

export function nameOf({ file }: QualityPicture): string {
  return basename(file);
}

const WIDTH = 2560;
const HEIGHT = 1600;
const DRAWINGS = { screenshot, page, diagram, logo, noise };
const OF_EACH = 4;

/** Screenshots, pages of text, diagrams, logos and noise, as PNG. */
async function graphics(): Promise<QualityPicture[]> {
  const folder = await kept(join(DATA, PICTURES_VERSION), async (part) => {
    await mkdir(part, { recursive: true });
    for (const [name, draw] of Object.entries(DRAWINGS)) {
      for (let number = 1; number <= OF_EACH; number++) {
        const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif">${draw(seeded(number), number)}</svg>`;
        const file = await sharp(Buffer.from(svg))
          .flatten()
          .png({ compressionLevel: 1 })
          .toBuffer();
        await writeFile(join(part, `${name}-${number}.png`), file);
      }
    }
  });
  const names = (await readdir(folder)).sort();
  return names.map((name) => ({ file: join(folder, name), kind: "graphic" }));
}

type Random = () => number;

const WORDS = "the picture of a light over water stands in every size that a page asks for".split(
  " ",
);
const PALETTE = ["#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#bf3989", "#24292f"];

function screenshot(random: Random, number: number): string {
  const [back, panel, ink] =
    number % 2 === 0 ? ["#0d1117", "#161b22", "#c9d1d9"] : ["#ffffff", "#f6f8fa", "#24292f"];
  const rows = Array.from({ length: 36 }, (_, row) => {
    const y = 190 + row * 38;
    const width = 300 + Math.floor(random() * 900);
    return `<circle cx="640" cy="${y - 8}" r="9" fill="${pick(random, PALETTE)}"/>${text(random, 670, y, 22, ink, Math.round(width / 90))}
      <rect x="2150" y="${y - 22}" rx="6" width="${80 + random() * 180}" height="28" fill="${pick(random, PALETTE)}" opacity=".8"/>`;
  });
  const menu = Array.from({ length: 18 }, (_, row) => text(random, 60, 220 + row * 60, 26, ink, 2));
  return `<rect width="100%" height="100%" fill="${back}"/><rect width="540" height="100%" fill="${panel}"/>
    <rect width="100%" height="110" fill="${pick(random, PALETTE)}"/>${text(random, 60, 72, 40, "#fff", 5)}${menu.join("")}${rows.join("")}`;
}

function page(random: Random): string {
  const size = 24 + Math.floor(random() * 26);
  const lines = Array.from({ length: Math.floor(1350 / (size * 1.5)) }, (_, row) =>
    text(random, 160, 240 + row * size * 1.5, size, "#111", Math.round(3600 / size / 4)),
  );
  return `<rect width="100%" height="100%" fill="#fdfcf8"/>${text(random, 160, 150, 70, "#000", 6)}${lines.join("")}`;
}

function diagram(random: Random): string {
  const nodes = Array.from({ length: 16 }, (_, at) => ({
    x: 120 + (at % 4) * 620 + random() * 120,
    y: 100 + Math.floor(at / 4) * 390 + random() * 120,
  }));
  const lines = nodes.flatMap(({ x, y }, at) =>
    [at + 1, at + 4].flatMap((to) => {
      const end = nodes[to];
      return end
        ? [
            `<path d="M${x + 180} ${y + 70}L${end.x + 180} ${end.y + 70}" stroke="#555" stroke-width="${2 + random() * 4}"/>`,
          ]
        : [];
    }),
  );
  const boxes = nodes.map(
    ({ x, y }) =>
      `<rect x="${x}" y="${y}" width="360" height="140" rx="12" fill="#fff" stroke="${pick(random, PALETTE)}" stroke-width="5"/>${text(random, x + 24, y + 80, 34, "#222", 3)}`,
  );
  return `<rect width="100%" height="100%" fill="#fff"/>${lines.join("")}${boxes.join("")}`;
}

function logo(random: Random): string {
  const shapes = Array.from({ length: 9 }, () => {
    const x = 300 + random() * 1900;
    const y = 250 + random() * 1100;
    return random() < 0.5
      ? `<circle cx="${x}" cy="${y}" r="${80 + random() * 300}" fill="${pick(random, PALETTE)}"/>`
      : `<path d="M${x} ${y}l${random() * 700} ${-random() * 500}l${random() * 300} ${random() * 800}z" fill="${pick(random, PALETTE)}"/>`;
  });
  return `<rect width="100%" height="100%" fill="${pick(random, ["#fff", "#fff8c5", "#0d1117"])}"/>${shapes.join("")}${text(random, 400, 900, 260, "#fff", 2)}`;
}

function noise(random: Random, number: number): string {
  return `<linearGradient id="g"><stop stop-color="${pick(random, PALETTE)}"/><stop offset="1" stop-color="${pick(random, PALETTE)}"/></linearGradient>
    <filter id="n" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency="${[0.9, 0.4, 0.1, 0.02][number - 1]}" numOctaves="4" seed="${number}"/><feColorMatrix values="0 0 0 0 .5 0 0 0 0 .5 0 0 0 0 .5 1.2 0 0 0 -.35"/></filter>
    <rect width="100%" height="100%" fill="url(#g)"/><rect width="100%" height="100%" filter="url(#n)"/>`;
}

function text(
  random: Random,
  x: number,
  y: number,
  size: number,
  fill: string,
  words: number,
): string {
  const said = Array.from({ length: words }, () => pick(random, WORDS)).join(" ");
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}">${said}</text>`;
}

function pick<T>(random: Random, values: readonly [T, ...T[]] | readonly T[]): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new RangeError("there is nothing to choose from");
  return value;
}
