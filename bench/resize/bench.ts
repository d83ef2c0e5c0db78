import { availableParallelism } from "node:os";
import { configureCodec, ENCODER } from "@imagefleet/core/image";
import { runFolder } from "../data.ts";
import { interleaved, type Side } from "../measure/interleaved.ts";
import { rounded } from "../measure/statistics.ts";
import { defineBench } from "../runner.ts";
import { findPrograms, type Program } from "./commands.ts";
import { ownContestants } from "./contestants.ts";
import { writeCrops } from "./crops.ts";
import { figuresOf, RATIOS, type ResizeFigures } from "./figures.ts";
import { PICTURES_VERSION, resizePhotos } from "./pictures.ts";
import { type Pillow, startPillow } from "./pillow.ts";

const CONTESTANTS = {
  ours: "probe, plan and render, as the function does it",
  floor: "sharp asked for 1/8 of each side, and the encodes",
  eighth: "decode at exactly 1/8 scale, and the encodes",
  reachable: "decode at the smallest scale with enough pixels, and the encodes",
  idiom: "sharp(bytes) for each size",
  clone: "one sharp(bytes), .clone() for each size",
  ipx: "one request for each size",
  pillow: "copy, thumbnail and save for each size",
  imagemagick: "one convert, with its start",
  vipsthumbnail: "one process for each size, with its start",
} as const;

/** Three sizes from one JPEG: ours, the usual alternatives, and lower limits. */
export const resize = defineBench<{ rounds: number; crops?: string | undefined }>(
  "resize",
  async ({ rounds, crops }, { say, signal }) => {
    if (crops !== undefined) {
      await writeCrops({ dir: crops, say });
      return undefined;
    }
    // Before the codec is configured: it refuses the SVG of one sample.
    const photos = await resizePhotos();
    // Of this process, and so of every contestant that uses sharp: the configuration of the programs.
    configureCodec({ threads: availableParallelism() });
    const pillow = await startPillow();
    const programs = await findPrograms();
    const missing = whatIsMissing(pillow, programs);
    for (const text of missing) say(`not measured: ${text}`);
    await using folder = await runFolder();
    const sizes: ResizeFigures[] = [];
    try {
      for (const photo of photos) {
        const { picture, path } = photo;
        signal.throwIfAborted();
        say(`${picture.megapixels} MP: ${rounds} rounds …`);
        const contestants = new Map<string, Side>(await ownContestants(photo));
        if (pillow !== undefined) contestants.set("pillow", pillow.side(path));
        for (const program of programs)
          contestants.set(program.name, program.side(path, folder.path));
        const { times } = picture;
        const measured = await interleaved(contestants, { rounds, times, signal });
        sizes.push(figuresOf(picture.megapixels, measured));
      }
    } finally {
      pillow?.close();
    }
    const beside = [
      ...(pillow === undefined ? [] : [`Pillow ${pillow.version}`]),
      ...programs.map(({ version }) => version),
    ];
    const bars = sizes.flatMap((size) => size.bars);
    const titles = sizes.map(({ megapixels }) => `${megapixels} MP`);
    return {
      title: `resize: 150, 400 and 800 px JPEG q85 from JPEGs, medians of ${rounds} rounds`,
      notes: [
        `compared with ${["sharp as the programs configure it", ...beside].join(", ")}`,
        ...missing.map((text) => `NOT MEASURED: ${text}`),
      ],
      tables: (was) => [
        {
          texts: 2,
          columns: ["CPU ms", "", ...titles],
          rows: [
            ...Object.entries(CONTESTANTS)
              .filter(([name]) => sizes.some(({ cpuMs }) => name in cpuMs))
              .map(([name, what]) => [
                name,
                what,
                ...sizes.map(({ cpuMs }) => cpuMs[name]?.toFixed(1) ?? "–"),
              ]),
            ["ours", "baseline", ...titles.map((title) => was(`${title} ours`))],
          ],
        },
        {
          columns: ["", ...titles],
          rows: RATIOS.filter((field) => sizes.some((size) => field in size)).map((field) => [
            field,
            ...sizes.map((size) => size[field]?.toFixed(3) ?? "–"),
          ]),
        },
      ],
      remarks: [
        "floor: when asked for 1/8, sharp decodes at 1/4 and halves. eighth: 1/8 of less than 6400 px",
        "has not the 800 px that are needed, so no pipeline reaches it. reachable: the smallest scale",
        "that has them.",
        "",
      ],
      bars,
      // Less is better: ours over each contestant.
      ratios: Object.fromEntries(
        sizes.flatMap((size) =>
          RATIOS.flatMap((field): [string, number][] => {
            const value = size[field];
            if (value === undefined) return [];
            const ratio = field.endsWith("Ratio") ? value : rounded(1 / value);
            const name = field.replace(/Ratio|Speedup/, "");
            return [[`${size.megapixels} MP ours / ${name}`, ratio]];
          }),
        ),
      ),
      figures: Object.fromEntries(
        sizes.flatMap(({ megapixels, cpuMs }) =>
          Object.entries(cpuMs).map(([name, ms]) => [`${megapixels} MP ${name}`, ms]),
        ),
      ),
      setup: `${ENCODER}, pictures of ${PICTURES_VERSION}`,
      result: { rounds, sizes, beside, missing },
    };
  },
);

function whatIsMissing(pillow: Pillow | undefined, programs: readonly Program[]): string[] {
  const has = (name: Program["name"]) => programs.some((program) => program.name === name);
  return [
    ...(pillow === undefined ? ["Pillow: apt-get install python3-pil"] : []),
    ...(has("imagemagick") ? [] : ["ImageMagick: apt-get install imagemagick"]),
    ...(has("vipsthumbnail") ? [] : ["vipsthumbnail: apt-get install libvips-tools"]),
  ];
}
