import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { ENCODER } from "@imagefleet/core/image";
import { atScore, type Curve, millionUsd, pointOf } from "@imagefleet/core/tuning";
import { seeded } from "@imagefleet/local/samples";
import pLimit from "p-limit";
import { runChild } from "../measure/child.ts";
import { rounded } from "../measure/statistics.ts";
import { defineBench } from "../runner.ts";
import type { Table } from "../table.ts";
import { bandOf, bytesBand, ratioOf } from "./figures.ts";
import { drawFront, type Panel } from "./front.ts";
import { nameOf, PICTURES_VERSION, type QualityPicture, qualityPictures } from "./pictures.ts";
import { type PictureRun, pictureRun, WIDTHS } from "./run.ts";
import { BASE, OWN, PEERS, SETTINGS } from "./settings.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

/** The side of the crop that is scored, px. */
const CROP = 512;

/** Page views of a rendition in its life, for the costs. */
const VIEWS = [0, 10, 1000] as const;

const HEADINGS = { photo: "photos", graphic: "graphics" } as const;

type Options = {
  readonly photos?: string | undefined;
  readonly target: number;
  readonly full?: true | undefined;
  readonly svg?: string | undefined;
};

/** Every setting's bytes, CPU time and cost at one score, on photos and graphics. */
export const quality = defineBench<Options>(
  "quality",
  async ({ photos: folder, target, full, svg }, { say, signal }) => {
    const pictures = await qualityPictures(folder);
    const runs = await measured(pictures, full ? 0 : CROP, say, signal);
    const groups = (["photo", "graphic"] as const).flatMap((kind) =>
      WIDTHS.map((width) => groupOf(kind, width, pictures, runs, target)),
    );
    const photos = pictures.filter(({ kind }) => kind === "photo");
    const scored = full ? "whole pictures" : `the ${CROP} px in the middle of each`;
    if (svg !== undefined) {
      const panels = groups.map(({ panel }) => panel);
      await writeFile(
        svg,
        drawFront(`Encoders at a mean SSIMULACRA 2.1 score of ${target}`, panels),
      );
      say(`drawn: ${svg}`);
    }
    return {
      title: `quality: from pixels, one thread; SSIMULACRA 2.1 of ${scored}`,
      notes: [
        folder === undefined
          ? "photos: the generated samples. They flatter some encoders: use --photos with a folder of yours."
          : `photos: ${photos.length} of ${folder}`,
        `graphics: ${pictures.length - photos.length}, drawn by code`,
      ],
      tables: () => groups.flatMap(({ tables }) => tables),
      bars: [],
      ratios: Object.assign({}, ...groups.map(({ ratios }) => ratios)),
      figures: {},
      setup: `${ENCODER}, ${PICTURES_VERSION}, score ${target} of ${scored}, photos ${folder ? photos.map(nameOf).join(" ") : "generated"}`,
      result: { target, groups: groups.map(({ rows }) => rows) },
    };
  },
);

async function measured(
  pictures: readonly QualityPicture[],
  crop: number,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<PictureRun[]> {
  const limit = pLimit(availableParallelism());
  let done = 0;
  return Promise.all(
    pictures.map((picture) =>
      limit(async () => {
        signal.throwIfAborted();
        const command = [CHILD, picture.file, String(crop)];
        const run = await runChild(command, pictureRun, { signal });
        done += 1;
        say(`${done} of ${pictures.length}: ${nameOf(picture)}`);
        return run;
      }),
    ),
  );
}

/** The results of one kind of pictures at one width. */
function groupOf(
  kind: QualityPicture["kind"],
  width: number,
  pictures: readonly QualityPicture[],
  runs: readonly PictureRun[],
  target: number,
) {
  const own = runs.filter((_run, at) => pictures[at]?.kind === kind);
  const curves = new Map(SETTINGS.map(({ name }) => [name, curveOf(own, width, name)]));
  const base = curves.get(BASE) ?? [];
  const heading = `${own.length} ${HEADINGS[kind]}, ${width} px wide`;
  const all: Table = {
    heading: `${heading}: as measured`,
    texts: 1,
    columns: ["setting", "quality", "score", "95 %", "worst tenth", "KB", "CPU ms"],
    rows: [...curves].flatMap(([name, curve]) =>
      curve.map(({ quality, samples }) => {
        const { score, worst, bytes, cpuMs } = pointOf(quality, samples);
        const [low, high] = bandOf(samples.map((sample) => sample.score));
        return [
          name,
          String(quality),
          score.toFixed(1),
          `${low.toFixed(1)}–${high.toFixed(1)}`,
          worst.toFixed(1),
          (bytes / 1000).toFixed(1),
          cpuMs.toFixed(1),
        ];
      }),
    ),
  };
  // One quality is no curve: it is a peer's.
  const searched = [...curves].filter(([, curve]) => curve.length > 1);
  const points = searched.map(([name, curve]) => {
    const point = atScore(curve, target);
    const ratio = ratioOf(point, atScore(base, target));
    return { name, point, ratio, band: bytesBand(curve, base, target, seeded(1)) };
  });
  // At thumbnails' sizes, no setting may reach it.
  const reached = points.some(({ point }) => point) ? points : [];
  const equal: Table = {
    heading: `${heading}: at a mean score of ${target}${reached.length === 0 ? ", which none reaches" : ""}`,
    texts: 1,
    columns: [
      "setting",
      "quality",
      "worst tenth",
      "KB",
      `x ${BASE}`,
      "95 %",
      "CPU ms",
      ...VIEWS.map((views) => `USD a million, ${views} views`),
    ],
    rows: reached.map(({ name, point, ratio, band }) =>
      point === undefined || ratio === undefined
        ? [name, "out of reach", ...Array.from({ length: 5 + VIEWS.length }, () => "–")]
        : [
            name,
            point.quality.toFixed(0),
            point.worst.toFixed(1),
            (point.bytes / 1000).toFixed(1),
            ratio.toFixed(2),
            band === undefined ? "–" : band.map((end) => end.toFixed(2)).join("–"),
            point.cpuMs.toFixed(1),
            ...VIEWS.map((views) => millionUsd(point, views).toFixed(2)),
          ],
    ),
  };
  // Bytes depend on the encoders alone, not on the machine.
  const ratios = Object.fromEntries(
    points.flatMap(({ name, ratio }) =>
      ratio === undefined || name === BASE
        ? []
        : [[`${kind} ${width}: ${name}: bytes / ${BASE} at equal score`, rounded(ratio)]],
    ),
  );
  const panel: Panel = {
    heading,
    points: points.flatMap(({ name, point, ratio }) =>
      point === undefined || ratio === undefined ? [] : [{ name, ratio, cpuMs: point.cpuMs }],
    ),
  };
  const peers = peersTable(heading, curves);
  return { tables: [all, equal, peers], ratios, panel, rows: { kind, width, points } };
}

/** What others ship, and the fleet's defaults at the same score. */
function peersTable(heading: string, curves: ReadonlyMap<string, Curve>): Table {
  const rows = PEERS.flatMap(([name, setting, quality]) => {
    const { samples } = curves.get(setting)?.find((each) => each.quality === quality) ?? {};
    if (samples === undefined) return [];
    const point = pointOf(quality, samples);
    const ours = OWN.flatMap((own) => {
      const at = atScore(curves.get(own) ?? [], point.score);
      if (at === undefined) return ["–", "–", "–"];
      const views = VIEWS[1];
      return [
        at.bytes / point.bytes,
        at.cpuMs / point.cpuMs,
        millionUsd(at, views) / millionUsd(point, views),
      ].map((ratio) => ratio.toFixed(2));
    });
    const { score, worst, bytes, cpuMs } = point;
    const numbers = [
      score.toFixed(1),
      worst.toFixed(1),
      (bytes / 1000).toFixed(1),
      cpuMs.toFixed(1),
    ];
    return [[name, String(quality), ...numbers, ...ours]];
  });
  return {
    heading: `${heading}: what others ship by default, and ${OWN.join(" and ")} at the same score, over theirs (USD at ${VIEWS[1]} views)`,
    texts: 1,
    columns: [
      "by default",
      "quality",
      "score",
      "worst tenth",
      "KB",
      "CPU ms",
      ...OWN.flatMap((name) => {
        const [format] = name.split(" ");
        return [`${format} bytes`, "CPU", "USD"];
      }),
    ],
    rows,
  };
}

function curveOf(runs: readonly PictureRun[], width: number, name: string): Curve {
  const { qualities = [] } = SETTINGS.find((setting) => setting.name === name) ?? {};
  return qualities.map((quality) => ({
    quality,
    samples: runs.flatMap((run) =>
      run.filter(
        (each) => each.width === width && each.setting === name && each.quality === quality,
      ),
    ),
  }));
}
