import { configureCodec, ENCODER } from "@imagefleet/core/image";
import { Ssimulacra2 } from "@imagefleet/core/ssimulacra2";
import sharp from "sharp";
import { ownCpu } from "../measure/cpu.ts";
import { median, rounded } from "../measure/statistics.ts";
import { defineBench } from "../runner.ts";
import { type FormatRow, rowOf, type Sample } from "./figures.ts";
import { type FormatPicture, formatPictures, PICTURES_VERSION } from "./pictures.ts";
import { type Setting, settings } from "./settings.ts";

const HEADINGS = { photo: "Photos (means of three)", graphic: "A drawing on white" } as const;

/** CPU time, bytes and quality of each format's settings, from the same pixels. */
export const formats = defineBench<{ rounds: number }>(
  "formats",
  async ({ rounds }, { say, signal }) => {
    // Before the codec is configured: it refuses the SVG of one sample.
    const pictures = await formatPictures();
    configureCodec({ threads: 1 });
    const all = settings();
    const cpu = new Map<string, number[]>();
    const made = new Map<string, Buffer>();
    for (let round = 0; round < rounds; round++) {
      say(`round ${round + 1} of ${rounds}: ${all.length} settings …`);
      for (const setting of all) {
        for (const picture of pictures) {
          signal.throwIfAborted();
          const name = nameOf(setting, picture);
          const before = ownCpu();
          made.set(name, await setting.encode(pipelineOf(picture)).toBuffer());
          cpu.set(name, [...(cpu.get(name) ?? []), ownCpu() - before]);
        }
      }
    }
    const originals = new Map(pictures.map((picture) => [picture, new Ssimulacra2(picture)]));
    const rows: FormatRow[] = [];
    for (const kind of ["photo", "graphic"] as const) {
      for (const setting of all) {
        const samples: Sample[] = [];
        for (const picture of pictures.filter((each) => each.kind === kind)) {
          const name = nameOf(setting, picture);
          const original = originals.get(picture);
          const file = made.get(name);
          if (!original || !file) throw new Error(`${picture.name} was not encoded`);
          const data = await sharp(file).removeAlpha().toColorspace("srgb").raw().toBuffer();
          const { width, height } = picture;
          samples.push({
            cpuMs: median(cpu.get(name) ?? []),
            bytes: file.byteLength,
            score: original.score({ data, width, height }),
          });
        }
        rows.push(rowOf(kind, setting, samples));
      }
    }
    const photos = rows.filter(({ kind }) => kind === "photo");
    const base = photos.find(({ format, quality }) => format === "jpeg" && quality === 80);
    return {
      title: `formats: 800 x 600 px from pixels, one thread, medians of ${rounds} rounds; scores by SSIMULACRA 2.1`,
      tables: () =>
        (["photo", "graphic"] as const).map((kind) => ({
          heading: HEADINGS[kind],
          texts: 2,
          columns: ["format", "effort", "quality", "CPU ms", "KB", "score"],
          rows: rows.filter((row) => row.kind === kind).map(cellsOf),
        })),
      bars: [],
      // Bytes do not depend on the machine; CPU times do.
      ratios: Object.fromEntries(
        photos.map((row) => [
          `${settingOf(row)}: bytes / JPEG q80`,
          rounded(row.bytes / (base?.bytes ?? Number.NaN)),
        ]),
      ),
      figures: Object.fromEntries(photos.map((row) => [`${settingOf(row)}: CPU ms`, row.cpuMs])),
      setup: `${ENCODER}, pictures of ${PICTURES_VERSION}`,
      result: { rounds, rows },
    };
  },
);

function pipelineOf({ data, width, height, channels }: FormatPicture) {
  return sharp(data, { raw: { width, height, channels } });
}

function nameOf({ format, effort, quality }: Setting, { name }: FormatPicture): string {
  return `${format} ${effort} ${quality} ${name}`;
}

function settingOf({ format, effort, quality }: FormatRow): string {
  return [format, effort, ...(quality === undefined ? [] : [`q${quality}`])].join(" ");
}

function cellsOf({ format, effort, quality, cpuMs, bytes, score }: FormatRow): string[] {
  return [
    format,
    effort,
    quality === undefined ? "–" : String(quality),
    cpuMs.toFixed(1),
    (bytes / 1000).toFixed(1),
    score.toFixed(1),
  ];
}
