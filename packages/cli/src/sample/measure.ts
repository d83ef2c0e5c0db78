import { configureCodec, type ImageInput, probe, render } from "@imagefleet/core/image";
import { type Lane, Rejection } from "@imagefleet/core/outcome";
import { laneByBytes, type SourceInfo, sizedRenditions } from "@imagefleet/core/plan";
import type { Preset, Recipe } from "@imagefleet/core/recipe";
import { planFor } from "../recipe/plan-for.ts";
import { many } from "../terminal/format.ts";
import { showRepeatedly } from "../terminal/progress.ts";
import type { Screen } from "../terminal/screen.ts";
import { UsageError } from "../usage-error.ts";
import { type Material, type SampleOptions, sampleOf } from "./sample.ts";

/** The measurement of an image of the sample on this machine. */
export interface Measured {
  readonly lane: Lane;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly renditions: number;
  /** CPU time of decode and encode, s. */
  readonly cpuSeconds: number;
  /** The bytes of each rendition that is made on request. */
  readonly onRequest: readonly number[];
  /** CPU time of a rendition that is made alone, as on request, s. Empty for the large lane. */
  readonly aloneSeconds: readonly number[];
}

interface File {
  readonly path: string;
  readonly key: string;
  readonly bytes: number;
}

/** The measurements of a sample, and the reasons of images that cannot be rendered. */
export interface MeasuredSample {
  readonly material: Material;
  readonly measured: readonly [Measured, ...Measured[]];
  readonly rejected: readonly string[];
}

interface MeasureOptions extends Pick<SampleOptions, "connection" | "cwd" | "recipe"> {
  /** The most images. */
  readonly sample: number;
}

/**
 * Measures a sample of the sources in files and folders, or below one prefix of a bucket.
 *
 * @returns undefined when it was interrupted
 * @throws UsageError when none can be rendered, and as {@link sampleOf}
 */
export async function measureSample(
  targets: readonly string[],
  options: MeasureOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<MeasuredSample | undefined> {
  const { recipe, sample } = options;
  let listed = 0;
  const measured: Measured[] = [];
  const rejected: string[] = [];
  using _progress = showRepeatedly(screen, () => [
    measured.length + rejected.length === 0
      ? `listing: ${many(listed, "source")}`
      : `rendering a sample: ${measured.length + rejected.length} of ${sample} at most`,
  ]);
  await using found = await sampleOf(targets, {
    ...options,
    size: sample,
    onCount: (count) => {
      listed = count;
    },
  });
  if (found.beside !== "") screen.note(found.beside);
  // One thread: the CPU time is then that of one image alone.
  configureCodec({ threads: 1 });
  try {
    for await (const file of found.sample) {
      signal.throwIfAborted();
      const result = await measure(file, recipe, measured.length + rejected.length, signal);
      if (typeof result === "string") rejected.push(result);
      else measured.push(result);
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
  const [first, ...others] = measured;
  if (first === undefined) throw noneRendered(rejected);
  return { material: found.material, measured: [first, ...others], rejected };
}

/** @param rejected a reason for each image */
export function noneRendered(rejected: readonly string[]): UsageError {
  return new UsageError(
    `none of the ${many(rejected.length, "image")} in the sample can be rendered (${[...new Set(rejected)].join(", ")}): name other images`,
  );
}

/**
 * Runs the recipe on a file as the fleet does, and discards the renditions: those that are made at the
 * upload together, those on request one by one. The large lane makes all at the upload.
 *
 * @param turn which rendition is made alone in a recipe without any on request: each in its turn
 * @returns the reason when the file is rejected
 */
async function measure(
  file: File,
  recipe: Recipe,
  turn: number,
  signal: AbortSignal,
): Promise<Measured | string> {
  const input: ImageInput = { kind: "file", path: file.path };
  const began = process.cpuUsage();
  let [bytesOut, renditions] = [0, 0];
  try {
    const info = await probe(input, recipe);
    const atUpload = withPresets(recipe, ({ when }) => when !== "request");
    const small = planFor(laneByBytes(recipe, file.bytes), info, atUpload, file.key);
    const { lane } = small;
    const plan = lane === "small" ? small.plan : planFor(lane, info, recipe, file.key).plan;
    await render(input, plan, {
      signal,
      onRendition: ({ data }) => {
        bytesOut += data.length;
        renditions++;
      },
    });
    const { user, system } = process.cpuUsage(began);
    const cpuSeconds = (user + system) / 1e6;
    const made = lane === "large" ? [] : await makeAlone(file, info, recipe, turn, signal);
    return {
      lane,
      bytesIn: file.bytes,
      bytesOut,
      renditions,
      cpuSeconds,
      onRequest: made.flatMap(({ isOnRequest, bytes }) => (isOnRequest ? bytes : [])),
      aloneSeconds: made.map((each) => each.cpuSeconds),
    };
  } catch (error) {
    if (error instanceof Rejection) return error.reason;
    throw error;
  }
}

/** Renditions as they are made on request: each by a probe and a render of its own. */
async function makeAlone(
  { path, key }: File,
  info: SourceInfo,
  recipe: Recipe,
  turn: number,
  signal: AbortSignal,
) {
  const input: ImageInput = { kind: "file", path };
  // Which widths are made depends on the others.
  const presets = sizedRenditions(info, recipe, key).map(({ preset }) => preset);
  const onRequest = presets.filter(({ when }) => when === "request");
  const some = presets.slice(turn % presets.length).slice(0, 1);
  const made: { isOnRequest: boolean; bytes: number; cpuSeconds: number }[] = [];
  for (const preset of onRequest.length > 0 ? onRequest : some) {
    const began = process.cpuUsage();
    let bytes = 0;
    const alone = withPresets(recipe, (each) => each === preset);
    const { plan } = planFor("small", await probe(input, recipe), alone, key);
    const onRendition = ({ data }: { data: Uint8Array }) => {
      bytes = data.length;
    };
    await render(input, plan, { signal, onRendition });
    const { user, system } = process.cpuUsage(began);
    made.push({ isOnRequest: onRequest.length > 0, bytes, cpuSeconds: (user + system) / 1e6 });
  }
  return made;
}

function withPresets(recipe: Recipe, isKept: (preset: Preset) => boolean): Recipe {
  return { ...recipe, presets: recipe.presets.filter(isKept) };
}
