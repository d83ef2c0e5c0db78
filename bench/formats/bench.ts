import { configureCodec, ENCODER } from "@imagefleet/core/image";
import sharp from "sharp";
import { type BenchOptions, finish } from "../finish.ts";
import { ownCpu } from "../measure/cpu.ts";
import { describeMachine } from "../measure/machine.ts";
import { ssim } from "../measure/ssim.ts";
import { median } from "../measure/statistics.ts";
import { type FormatRow, rowOf, type Sample } from "./figures.ts";
import { type FormatPicture, formatPictures, PICTURES_VERSION } from "./pictures.ts";
import { type FormatsResult, formatsBaseline, formatsMarkdown, formatsTable } from "./report.ts";
import { type Setting, settings } from "./settings.ts";

export interface FormatsBenchOptions extends BenchOptions {
  readonly rounds: number;
  /** The table as Markdown. */
  readonly markdown: boolean;
}

/** What each format's settings cost and bring: ms, bytes and likeness, all from the same pixels. */
export async function formatsBench(options: FormatsBenchOptions): Promise<void> {
  const { rounds, markdown, say, signal } = options;
  const machine = describeMachine();
  // Before the codec is set up: a sample is drawn from an SVG, which it keeps out.
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
  const rows: FormatRow[] = [];
  for (const kind of ["photo", "graphic"] as const) {
    for (const setting of all) {
      const samples: Sample[] = [];
      for (const picture of pictures.filter((each) => each.kind === kind)) {
        const name = nameOf(setting, picture);
        samples.push(await sampleOf(picture, made.get(name), cpu.get(name) ?? []));
      }
      rows.push(rowOf(kind, setting, samples));
    }
  }
  const result: FormatsResult = { bench: "formats", rounds, rows, machine };
  await finish(
    {
      result,
      baseline: formatsBaseline(result, `${ENCODER}, pictures of ${PICTURES_VERSION}`),
      table: () => (markdown ? formatsMarkdown(result) : formatsTable(result)),
    },
    options,
  );
}

async function sampleOf(
  picture: FormatPicture,
  file: Buffer | undefined,
  cpu: readonly number[],
): Promise<Sample> {
  if (file === undefined) throw new Error(`${picture.name} was not encoded`);
  const { data, info } = await sharp(file)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return {
    cpuMs: median(cpu),
    bytes: file.byteLength,
    ssim: ssim(picture, { data, width, height, channels }),
  };
}

function pipelineOf({ data, width, height, channels }: FormatPicture) {
  return sharp(data, { raw: { width, height, channels } });
}

function nameOf({ format, effort, quality }: Setting, { name }: FormatPicture): string {
  return `${format} ${effort} ${quality} ${name}`;
}
