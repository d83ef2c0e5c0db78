import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { probe, render } from "@imagefleet/core/image";
import { planRenditions } from "@imagefleet/core/plan";
import { compose } from "@imagefleet/lambda/consume/compose";
import pLimit from "p-limit";
import * as v from "valibot";

// The composition of the function, with its codec settings, limits and memory.
const { inFlight, attempt } = await compose();
const { recipe: whole, memoryBytes, renderSemaphore } = attempt.reconcile;
/** What the fleet makes at the upload. */
const recipe = { ...whole, presets: whole.presets.filter(({ when }) => when !== "request") };

const eventSchema = v.object({ files: v.array(v.string()) });

const never = new AbortController().signal;
const held = new Map<string, Promise<Uint8Array>>();

/** The contestant "core alone": renders files from memory, without queue and store. */
export async function handler(event: unknown): Promise<void> {
  const { files } = v.parse(eventSchema, event);
  await pLimit(inFlight).map(files, async (file) => {
    const bytes = await contentOf(file);
    const input = { kind: "bytes", bytes } as const;
    const info = await probe(input, recipe);
    const plan = planRenditions(info, recipe, basename(file), memoryBytes);
    const work = () => render(input, plan, { onRendition: () => {} });
    await renderSemaphore(work, plan.peakBytes, never);
  });
}

/** Files are read once, in the warm-up, so that the measurement starts with bytes. */
function contentOf(file: string): Promise<Uint8Array> {
  const bytes = held.get(file) ?? readFile(file);
  held.set(file, bytes);
  return bytes;
}
