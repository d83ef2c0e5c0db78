import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configureCodec, type ImageInput, probe, render } from "@imagefleet/core/image";
import { isDrawnPicture } from "@imagefleet/core/measuring";
import { Rejection } from "@imagefleet/core/outcome";
import { laneByBytes } from "@imagefleet/core/plan";
import { type Preset, presetLabel, type Recipe } from "@imagefleet/core/recipe";
import { planFor } from "../recipe/plan-for.ts";
import { noneRendered } from "../sample/measure.ts";
import { type SampleFile, type SampleOptions, sampleOf } from "../sample/sample.ts";
import { formatBytes, many } from "../terminal/format.ts";
import { UsageError } from "../usage-error.ts";

/** A sample that is rendered without loss. */
export interface PreparedSample {
  readonly sources: readonly Source[];
  readonly pictures: readonly Picture[];
  /** A reason for each source that cannot be rendered. */
  readonly rejected: readonly string[];
  /** What is left out of the measurements, for a person. */
  readonly left: readonly string[];
}

/** An image of the sample; its sides are px, upright. */
interface Source {
  /** The number of the image in the sample, which names its files. */
  readonly id: string;
  /** Its key. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

/** The pixels that a preset makes of one source, whatever the format. */
export interface Picture {
  /** The `id` of the source. */
  readonly source: string;
  /** The preset's name. Its widths have pictures of their own. */
  readonly name: string;
  /** The preset with its width. */
  readonly label: string;
  /** A PNG. */
  readonly file: string;
  /** In px. */
  readonly width: number;
  /** In px. */
  readonly height: number;
  readonly background: string;
}

/** A source that was prepared. */
interface Prepared {
  readonly source: Source;
  readonly pictures: readonly Picture[];
  /** The bytes of the PNGs. */
  readonly bytes: number;
  /** Drawings of a preset by content, whose quality decides nothing. */
  readonly drawn: number;
  /** Too small for a score. */
  readonly tiny: number;
}

interface PrepareOptions extends SampleOptions {
  /** Where the PNGs are written. */
  readonly folder: string;
  /** Receives the number of images that are prepared. */
  readonly onPrepared: (images: number) => void;
  /** Receives notes for a person, on skipped files. */
  readonly onNote: (note: string) => void;
  /** After as many bytes of PNGs, no further image is prepared. Default: no bound. */
  readonly mostBytes?: number;
}

/**
 * Renders a sample in the sizes of a recipe, without loss.
 *
 * @throws UsageError when nothing of it can be measured, and as {@link sampleOf}; the signal's reason
 */
export async function prepareSample(
  targets: readonly string[],
  options: PrepareOptions,
  signal: AbortSignal,
): Promise<PreparedSample> {
  const { recipe, folder, onPrepared, onNote, mostBytes = Infinity } = options;
  const prepared: Prepared[] = [];
  const rejected: string[] = [];
  await using found = await sampleOf(targets, options);
  if (found.beside !== "") onNote(found.beside);
  configureCodec({ threads: 1 });
  let bytes = 0;
  for await (const file of found.sample) {
    signal.throwIfAborted();
    if (bytes > mostBytes) {
      onNote(
        `only ${many(prepared.length, "image")} of the sample are measured: without loss, their renditions take ${formatBytes(bytes)}`,
      );
      break;
    }
    const id = String(prepared.length + rejected.length);
    const made = await prepare(file, recipe, { folder, id }, signal);
    if (typeof made === "string") rejected.push(made);
    else {
      prepared.push(made);
      bytes += made.bytes;
    }
    onPrepared(prepared.length + rejected.length);
  }
  const sources = prepared.map(({ source }) => source);
  const pictures = prepared.flatMap((each) => each.pictures);
  const left = leftText(prepared);
  if (pictures.length > 0) return { sources, pictures, rejected, left };
  if (sources.length === 0) throw noneRendered(rejected);
  throw new UsageError(
    `no rendition of ${many(sources.length + rejected.length, "image")} can be measured (${left.join("; ")}): name other images`,
  );
}

/** Why some renditions are not measured. */
function leftText(prepared: readonly Prepared[]): string[] {
  const drawn = prepared.reduce((sum, each) => sum + each.drawn, 0);
  const tiny = prepared.reduce((sum, each) => sum + each.tiny, 0);
  return [
    ...(drawn > 0
      ? [
          `${many(drawn, "rendition")} of drawings, which encoding: "by-content" encodes in its own way`,
        ]
      : []),
    ...(tiny > 0 ? [`${many(tiny, "rendition")} under 8 px, which have no score`] : []),
  ];
}

/** The smallest side of a picture that can be scored, px. */
const SMALLEST = 8;

/**
 * Renders a source in the sizes of a recipe, without loss, into a folder.
 *
 * @returns the reason when the file is rejected
 */
async function prepare(
  source: SampleFile,
  recipe: Recipe,
  { folder, id }: { readonly folder: string; readonly id: string },
  signal: AbortSignal,
): Promise<Prepared | string> {
  const input: ImageInput = { kind: "file", path: source.path };
  const pictures: Picture[] = [];
  const byContent = new Set(
    recipe.presets.filter(({ encoding }) => encoding === "by-content").map(({ name }) => name),
  );
  let [bytes, drawn, tiny] = [0, 0, 0];
  try {
    const info = await probe(input, recipe);
    const lossless = { ...recipe, presets: losslessPresets(recipe) };
    const { plan } = planFor(laneByBytes(recipe, source.bytes), info, lossless, source.key);
    await render(input, plan, {
      signal,
      async onRendition({ plan: { preset }, data, width, height }) {
        if (Math.min(width, height) < SMALLEST) {
          tiny += 1;
          return;
        }
        if (byContent.has(preset.name) && (await isDrawnPicture(data))) {
          drawn += 1;
          return;
        }
        const label = presetLabel(preset);
        const file = join(folder, `${id}-${label}.png`);
        await writeFile(file, data);
        bytes += data.length;
        const { name, background } = preset;
        pictures.push({ source: id, name, label, file, width, height, background });
      },
    });
    const { width, height } = info;
    const about = { id, name: source.key, width, height, bytes: source.bytes };
    return { source: about, pictures, bytes, drawn, tiny };
  } catch (error) {
    if (error instanceof Rejection) return error.reason;
    throw error;
  }
}

/** One preset for each size of a recipe. */
function losslessPresets({ presets }: Recipe): Preset[] {
  const sizes = new Map(presets.map((preset) => [presetLabel(preset), preset]));
  return [...sizes.values()].map(
    ({ effort: _e, mozjpeg: _m, palette: _p, animated: _a, fallback: _f, keep: _k, ...preset }) => {
      const { color: _c, when: _w, encoding: _n, ...size } = preset;
      return { ...size, format: "png", quality: 100 };
    },
  );
}
