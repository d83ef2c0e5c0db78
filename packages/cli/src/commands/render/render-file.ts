import { type ImageInput, probe, type RenderedImage, render } from "@imagefleet/core/image";
import { Failure, Rejection } from "@imagefleet/core/outcome";
import {
  laneByBytes,
  type Plan,
  type RenditionPlan,
  type SourceInfo,
  savedPercent,
} from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import { isFileError, whyUnreadable, whyUnwritable } from "../../files/fs-error.ts";
import type { SourceFile } from "../../files/input/collect.ts";
import { localPath } from "../../files/output/local-path.ts";
import { type StagedFile, stageFile } from "../../files/output/staged-file.ts";
import { planFor } from "../../recipe/plan-for.ts";
import type { RenderedFile, RenderedRendition } from "./rendered-file.ts";

/** Runs a task when a slot is free, as p-limit does. */
type Semaphore = <T>(run: () => Promise<T>) => Promise<T>;

interface RenderContext {
  readonly recipe: Recipe;
  /** The output folder; keys become paths in it. */
  readonly out: string;
  /** Limits large sources to one at a time: each may take most of the memory. */
  readonly largeSemaphore: Semaphore;
  /** An abort ends a render between two steps. */
  readonly signal: AbortSignal;
}

/**
 * Runs the recipe on one file. Either all its renditions are written or none.
 *
 * @returns undefined after an abort; never throws
 */
export async function renderFile(
  { file, key, bytes }: SourceFile,
  context: RenderContext,
): Promise<RenderedFile | undefined> {
  if (context.signal.aborted) return undefined;
  const began = performance.now();
  const { recipe, largeSemaphore } = context;
  const input: ImageInput = { kind: "file", path: file };
  let lane = laneByBytes(recipe, bytes);
  let info: SourceInfo | undefined;
  let damaged: string | null = null;
  const end = (
    outcome: Pick<RenderedFile, "outcome" | "reason" | "message">,
    renditions: readonly RenderedRendition[],
  ): RenderedFile => ({
    file,
    ...outcome,
    damaged,
    source: {
      format: info?.format ?? null,
      width: info?.width ?? null,
      height: info?.height ?? null,
      bytes,
      pages: info?.pages ?? null,
    },
    lane,
    renditions,
    ms: Math.round(performance.now() - began),
  });
  try {
    info = await probe(input, recipe);
    const planned = planFor(lane, info, recipe, key);
    lane = planned.lane;
    const onDamaged = (why: string) => {
      damaged = why;
    };
    const run = () => renderAll(input, planned.plan, onDamaged, context);
    const renditions = await (lane === "large" ? largeSemaphore(run) : run());
    return end({ outcome: "rendered", reason: null, message: null }, renditions);
  } catch (error) {
    if (context.signal.aborted) return undefined;
    return end(outcomeOf(error), []);
  }
}

async function renderAll(
  input: ImageInput,
  plan: Plan,
  onDamaged: (why: string) => void,
  { recipe, out, signal }: RenderContext,
): Promise<RenderedRendition[]> {
  const staged: StagedFile[] = [];
  const made = new Map<string, RenderedRendition>();
  try {
    const onRendition = async ({ plan: planned, data, width, height }: RenderedImage) => {
      const { key, preset, boundedFrom = null } = planned;
      const path = localPath(out, key);
      staged.push(await writing(path, () => stageFile(path, data)));
      const { name, format } = preset;
      const bytes = data.length;
      const saved = savedPercent(plan.source, { width, height, bytes }) ?? null;
      made.set(key, {
        preset: name,
        path,
        format,
        width,
        height,
        bytes,
        savedPercent: saved,
        boundedFrom,
      });
    };
    await render(input, plan, { onRendition, onDamaged, signal });
    signal.throwIfAborted();
    for (const file of staged) await writing(file.path, file.commit);
  } catch (error) {
    await Promise.all(staged.map((file) => file.discard()));
    throw error;
  }
  // In the order of the recipe, which is not the order of the plan.
  const placeOf = ({ preset }: RenditionPlan) => recipe.presets.indexOf(preset);
  const planned = plan.renditions.toSorted((a, b) => placeOf(a) - placeOf(b));
  return planned.flatMap(({ key }) => made.get(key) ?? []);
}

async function writing<T>(path: string, how: () => Promise<T>): Promise<T> {
  try {
    return await how();
  } catch (error) {
    const why = `${path} cannot be written: ${whyUnwritable(error)}`;
    throw new Failure("StoreUnavailable", why, { cause: error });
  }
}

function outcomeOf(error: unknown): Pick<RenderedFile, "outcome" | "reason" | "message"> {
  if (error instanceof Rejection) {
    return { outcome: "rejected", reason: error.reason, message: error.message };
  }
  if (error instanceof Failure) {
    return { outcome: "failed", reason: error.reason, message: error.message };
  }
  if (isFileError(error)) {
    const message = `the file cannot be read: ${whyUnreadable(error)}`;
    return { outcome: "failed", reason: "StoreUnavailable", message };
  }
  return { outcome: "failed", reason: "Internal", message: whyUnreadable(error) };
}
