import type { Sharp } from "sharp";
import {
  type Area,
  becomesColor,
  isDeep,
  isMapped,
  needsPixels,
  type Plan,
  type RasterPlan,
  type RenditionPlan,
  type SourceInfo,
} from "../plan/index.ts";
import { runPipeline, toDecodeError, toEncodeError } from "./codec-error.ts";
import { mappedPixels } from "./color/mapped.ts";
import { withTagged } from "./color/tagged.ts";
import { type FailOn, openImage } from "./decode/open.ts";
import { inPasses, type Pass } from "./decode/passes.ts";
import { fromPixels, type Pixels, release, toPixels } from "./decode/pixels.ts";
import { withSafePath } from "./decode/safe-path.ts";
import { withTranscodedInput } from "./decode/transcode.ts";
import { encode, type RenderedImage } from "./encode/encode.ts";
import { type Exif, keepsExif, parseExif } from "./encode/metadata.ts";
import {
  type Placeholder,
  placeholderArea,
  placeholderOf,
  smallestRaster,
} from "./encode/placeholder.ts";
import { withBearableExif } from "./formats/exif/bearable.ts";
import { withMendedWebp } from "./formats/webp/repair.ts";
import type { ImageInput } from "./input.ts";
import { passthrough } from "./passthrough/passthrough.ts";

export interface RenderOptions {
  /** Looked at between steps: a step that runs is let finish. */
  readonly signal?: AbortSignal;
  /** Gets each rendition as soon as it is encoded; the others go on meanwhile. */
  readonly onRendition: (image: RenderedImage) => Promise<void> | void;
  /** Called when the source is decoded to a raster. */
  readonly onDecoded?: () => void;
  /** Gets the picture's placeholder, again if it has to be read again; without it, none is computed. */
  readonly onPlaceholder?: (placeholder: Placeholder) => void;
  /** Called once, with the reason, when the rendered source is damaged and the plan allows that. */
  readonly onDamaged?: (why: string) => void;
}

/** One source on its way. */
interface Work {
  readonly input: ImageInput;
  readonly plan: Plan;
  readonly failOn: FailOn;
  /** Aborted from outside, or by the first step that fails. */
  readonly signal: AbortSignal;
  readonly stop: AbortController;
  readonly onRendition: RenderOptions["onRendition"];
  readonly onDecoded: RenderOptions["onDecoded"];
  readonly onPlaceholder: RenderOptions["onPlaceholder"];
  /** The source's own, where a preset keeps of it. */
  readonly exif: Exif | undefined;
  /** The raster that the placeholder is made from. */
  readonly smallest: RasterPlan | undefined;
}

/**
 * Makes the renditions of a plan: decodes once, derives the rest from pixels, streams what the plan
 * says is too large for that. When it ends, well or badly, nothing of it goes on.
 *
 * @throws Rejection `SourceCorrupt` when pixels are missing or damaged
 * @throws Failure `OutOfMemory`, `TimedOut` or `Internal`
 * @throws the signal's reason, and what `onRendition` throws
 */
export async function render(input: ImageInput, plan: Plan, options: RenderOptions): Promise<void> {
  const { source } = plan;
  const handed = new Set<string>();
  // What was handed over before a pass failed is whole.
  const onRendition: RenderOptions["onRendition"] = (image) => {
    if (handed.has(image.plan.key)) return;
    handed.add(image.plan.key);
    return options.onRendition(image);
  };
  const once = { ...options, onRendition };
  await withSafePath(input, (named) =>
    withBearableExif(named, source.format, (bearable) =>
      withMendedWebp(bearable, source, (mended) =>
        withTagged(mended, source, (tagged) =>
          inPasses(tagged, plan, once, (pass) => renderOnce(named, plan, once, pass)),
        ),
      ),
    ),
  );
  if (source.damaged !== undefined) options.onDamaged?.(source.damaged);
}

async function renderOnce(
  original: ImageInput,
  plan: Plan,
  { signal, onRendition, onDecoded, onPlaceholder }: RenderOptions,
  { input, failOn }: Pass,
): Promise<void> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const { source, seconds } = plan;
  const how = {
    signal: either,
    seconds,
    // A source that is cut off may show only one of its frames.
    moving: plan.renditions.some(({ preset }) => preset.animated),
    tolerant: failOn === "none",
  };
  await withTranscodedInput(input, source, how, async (readable) =>
    renderAll({
      input: readable,
      plan,
      failOn,
      signal: either,
      stop,
      onRendition: async (image) =>
        onRendition(how.tolerant ? image : await passthrough(image, original, source)),
      onDecoded,
      onPlaceholder,
      // What these were unpacked to has pixels and a profile, and nothing else.
      exif: await exifOf(/^(?:heic|avif)$/.test(source.format) ? input : readable, plan, either),
      smallest: plan.raster && smallestRaster(plan.raster),
    }),
  );
}

async function renderAll(work: Work): Promise<void> {
  const { plan } = work;
  if (plan.raster !== undefined) {
    const pixels = await decode(work, plan.raster);
    work.onDecoded?.();
    await descend(work, pixels, plan.raster);
  } else await lookAgain(work);
  for (const rendition of plan.streamed) await stream(work, rendition);
}

function exifOf(input: ImageInput, { renditions }: Plan, signal: AbortSignal) {
  if (!renditions.some(({ preset }) => keepsExif(preset))) return undefined;
  const read = async () => parseExif((await openImage(input).metadata()).exif);
  return runPipeline(read, toDecodeError, signal);
}

function decode({ input, plan, failOn, signal }: Work, area: Area): Promise<Pixels> {
  const { source, seconds } = plan;
  const { colors } = source;
  const run = () =>
    colors && isMapped(source)
      ? mappedPixels(
          openImage(input, source, { asIs: true, failOn }).timeout({ seconds }),
          area,
          source,
          colors,
        )
      : toPixels(inSrgb(openImage(input, source, { failOn }), source).timeout({ seconds }), area);
  return runPipeline(run, toDecodeError, signal);
}

/** All that is made from one raster, side by side; its pixels go as soon as the last was read. */
async function descend(work: Work, pixels: Pixels, plan: RasterPlan): Promise<void> {
  const step = <T>(run: () => Promise<T>) => runPipeline(run, toEncodeError, work.signal);
  const rasters = plan.rasters.map((raster) => ({
    raster,
    made: step(() => toPixels(fromPixels(pixels), raster)),
  }));
  const images = plan.renditions.map((rendition) =>
    step(() => encode(fromPixels(pixels), rendition, work.exif)),
  );
  if (plan === work.smallest) work.onPlaceholder?.(placeholderOf(pixels));
  await allEnded(work, [
    Promise.allSettled([...rasters.map(({ made }) => made), ...images]).then(() => release(pixels)),
    ...rasters.map(async ({ raster, made }) => descend(work, await made, raster)),
    ...images.map(async (image) => work.onRendition(await image)),
  ]);
}

async function stream(work: Work, rendition: RenditionPlan): Promise<void> {
  const { input, plan, failOn, signal, onRendition } = work;
  // sharp would turn the picture at full size before it crops, and look for a crop there.
  const { crop } = rendition;
  const turned = plan.source.orientation > 1 || crop?.seek !== undefined;
  const cropped = crop !== undefined && turned && rendition.frames === undefined && !rendition.wide;
  if (cropped || needsPixels(plan.source, rendition)) {
    const raster = { ...rendition.scaled, renditions: [rendition], rasters: [] };
    return descend(work, await decode(work, raster), raster);
  }
  const { frames = 1, wide = false } = rendition;
  const { source, seconds } = plan;
  const run = () => {
    const pipeline = openImage(input, source, { frames, asIs: wide, failOn }).timeout({ seconds });
    const ready = wide ? pipeline : inSrgb(pipeline, source);
    return encode(colored(ready, source, rendition), rendition, work.exif);
  };
  await onRendition(await runPipeline(run, toDecodeError, signal));
}

/**
 * A placeholder where every rendition was too large for a raster: one more decode, to next to
 * nothing, beside an encoder that has all the source's pixels to do.
 */
async function lookAgain(work: Work): Promise<void> {
  if (work.onPlaceholder === undefined) return;
  const pixels = await decode(work, placeholderArea(work.plan.source));
  work.onPlaceholder(placeholderOf(pixels));
}

/**
 * More than 8 bits with a profile come out of the codec as Display P3 that nothing says is P3,
 * unless the output has a profile.
 */
function inSrgb(pipeline: Sharp, source: SourceInfo): Sharp {
  return isDeep(source) && source.profiled
    ? pipeline.withIccProfile("srgb", { attach: false })
    : pipeline;
}

function colored(pipeline: Sharp, source: SourceInfo, rendition: RenditionPlan): Sharp {
  return becomesColor(source, rendition) ? pipeline.pipelineColorspace("srgb") : pipeline;
}

/** Waits for all to settle. The first failure prevents further starts and is thrown. */
async function allEnded({ stop }: Work, parts: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(
    parts.map((part) =>
      part.catch((error: unknown) => {
        stop.abort(error);
        throw error;
      }),
    ),
  );
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
