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
import { withEmbeddedProfile } from "./color/embedded-profile.ts";
import { toSrgbPixels } from "./color/srgb-pixels.ts";
import { type FailOn, openImage } from "./decode/open.ts";
import { fromPixels, type Pixels, release, toPixels } from "./decode/pixels.ts";
import { type Pass, retryDamaged } from "./decode/retry-damaged.ts";
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
import { withLimitedExif } from "./formats/exif/limited.ts";
import { withRepairedWebp } from "./formats/webp/repair.ts";
import type { ImageInput } from "./input.ts";
import { passthrough } from "./passthrough/passthrough.ts";

export interface RenderOptions {
  /** Checked between steps: a running step is not interrupted. */
  readonly signal?: AbortSignal;
  /** Receives each rendition as soon as it is encoded, while the others continue. */
  readonly onRendition: (image: RenderedImage) => Promise<void> | void;
  /** Called when the source is decoded to a raster. */
  readonly onDecoded?: () => void;
  /**
   * Receives the image's placeholder, and again if the source is read again. Without it, no
   * placeholder is computed.
   */
  readonly onPlaceholder?: (placeholder: Placeholder) => void;
  /** Called once, with the reason, when the rendered source is damaged and the plan allows that. */
  readonly onDamaged?: (why: string) => void;
}

/** The state of one render. */
interface Work {
  readonly input: ImageInput;
  readonly plan: Plan;
  readonly failOn: FailOn;
  /** Aborted by the caller or by the first step that fails. */
  readonly signal: AbortSignal;
  readonly stop: AbortController;
  readonly onRendition: RenderOptions["onRendition"];
  readonly onDecoded: RenderOptions["onDecoded"];
  readonly onPlaceholder: RenderOptions["onPlaceholder"];
  /** The source's own EXIF, if a preset keeps any of it. */
  readonly exif: Exif | undefined;
  /** The raster that the placeholder is made from. */
  readonly smallest: RasterPlan | undefined;
}

/**
 * Makes the renditions of a plan: decodes once, derives most renditions from pixels and streams
 * those that the plan marks as too large for that. When it returns or throws, no part of it is
 * still running.
 *
 * @throws Rejection `SourceCorrupt` when pixels are missing or damaged
 * @throws Failure `OutOfMemory`, `TimedOut` or `Internal`
 * @throws the signal's reason, and any error of `onRendition`
 *
 * @example
 * const input = { kind: "file", path: "tom.jpg" } as const;
 * const plan = planRenditions(await probe(input, recipe), recipe, "tom.jpg", 512 * 2 ** 20);
 * await render(input, plan, { onRendition: ({ plan, data }) => console.log(plan.key, data.length) });
 */
export async function render(input: ImageInput, plan: Plan, options: RenderOptions): Promise<void> {
  const { source } = plan;
  const handed = new Set<string>();
  // A rendition that was handed over before a pass failed is complete and is not repeated.
  const onRendition: RenderOptions["onRendition"] = (image) => {
    if (handed.has(image.plan.key)) return;
    handed.add(image.plan.key);
    return options.onRendition(image);
  };
  const once = { ...options, onRendition };
  await withSafePath(input, (named) =>
    withLimitedExif(named, source, (limited) =>
      withRepairedWebp(limited, source, (repaired) =>
        withEmbeddedProfile(repaired, source, (profiled) =>
          retryDamaged(profiled, plan, once, (pass) => renderOnce(named, plan, once, pass)),
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
    // A truncated source may have only one complete frame.
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
      // The unpacked form of these formats has only pixels and a profile.
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
    await renderRaster(work, pixels, plan.raster);
  } else await makePlaceholder(work);
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
      ? toSrgbPixels(
          openImage(input, source, { asIs: true, failOn }).timeout({ seconds }),
          area,
          source,
          colors,
        )
      : toPixels(inSrgb(openImage(input, source, { failOn }), source).timeout({ seconds }), area);
  return runPipeline(run, toDecodeError, signal);
}

/** Makes everything from one raster in parallel and releases its pixels after the last read. */
async function renderRaster(work: Work, pixels: Pixels, plan: RasterPlan): Promise<void> {
  const step = <T>(run: () => Promise<T>) => runPipeline(run, toEncodeError, work.signal);
  const rasters = plan.rasters.map((raster) => ({
    raster,
    made: step(() => toPixels(fromPixels(pixels), raster)),
  }));
  const images = plan.renditions.map((rendition) =>
    step(() =>
      encode(fromPixels(pixels), rendition, { exif: work.exif, alpha: pixels.channels === 4 }),
    ),
  );
  if (plan === work.smallest) work.onPlaceholder?.(placeholderOf(pixels));
  await allEnded(work, [
    Promise.allSettled([...rasters.map(({ made }) => made), ...images]).then(() => release(pixels)),
    ...rasters.map(async ({ raster, made }) => renderRaster(work, await made, raster)),
    ...images.map(async (image) => work.onRendition(await image)),
  ]);
}

async function stream(work: Work, rendition: RenditionPlan): Promise<void> {
  const { input, plan, failOn, signal, onRendition } = work;
  // sharp would turn the image at full size before it crops, and search for a crop there.
  const { crop } = rendition;
  const turned = plan.source.orientation > 1 || crop?.seek !== undefined;
  const cropped = crop !== undefined && turned && rendition.frames === undefined && !rendition.wide;
  if (cropped || needsPixels(plan.source, rendition)) {
    const raster = { ...rendition.scaled, renditions: [rendition], rasters: [] };
    return renderRaster(work, await decode(work, raster), raster);
  }
  const { frames = 1, wide = false } = rendition;
  const { source, seconds } = plan;
  const run = () => {
    const pipeline = openImage(input, source, { frames, asIs: wide, failOn }).timeout({ seconds });
    const ready = wide ? pipeline : inSrgb(pipeline, source);
    return encode(colored(ready, source, rendition), rendition, { exif: work.exif });
  };
  await onRendition(await runPipeline(run, toDecodeError, signal));
}

/**
 * Makes a placeholder if every rendition was too large for a raster. This takes one more decode, to
 * a tiny size, which is cheap compared with encoding all px of the source.
 */
async function makePlaceholder(work: Work): Promise<void> {
  if (work.onPlaceholder === undefined) return;
  const pixels = await decode(work, placeholderArea(work.plan.source));
  work.onPlaceholder(placeholderOf(pixels));
}

/**
 * The codec outputs more than 8 bits with a profile as unlabelled Display P3, unless the output has
 * a profile.
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
