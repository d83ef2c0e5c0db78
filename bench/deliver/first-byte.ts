import { readFile } from "node:fs/promises";
import { probe, render } from "@imagefleet/core/image";
import { planRenditions } from "@imagefleet/core/plan";
import { MIB } from "../measure/peak.ts";
import { requestFor, type Source } from "./contestants.ts";
import type { Viewers } from "./load.ts";
import type { Server } from "./peers.ts";
import recipe from "./recipe.ts";

const MEMORY_BYTES = 1024 * MIB;

/** Wall times of one photo, ms. */
export interface FirstByte {
  /** From a viewer's request until the first byte of the answer. */
  readonly viewerMs: number;
  /** The render alone, of bytes in memory. */
  readonly renderMs: number;
}

/**
 * Measures in turns how long a viewer of a missing WebP waits, and how long its render takes in this
 * process.
 */
export async function firstBytes(
  server: Server,
  sources: readonly Source[],
  viewers: Viewers,
  signal: AbortSignal,
): Promise<FirstByte[]> {
  const preset = recipe.presets.find(({ name, format }) => name === "hero" && format === "webp");
  if (preset === undefined) throw new Error("the recipe has no WebP");
  const alone = { ...recipe, presets: [preset] };
  const found: FirstByte[] = [];
  for (const source of sources) {
    const bytes = await readFile(source.photo);
    signal.throwIfAborted();
    const request = requestFor("imagefleet", server.url, "webp", source);
    const { firstByteMs: viewerMs } = await viewers.get(request);
    const start = performance.now();
    const input = { kind: "bytes", bytes } as const;
    const info = await probe(input, recipe);
    await render(input, planRenditions(info, alone, source.key, MEMORY_BYTES), {
      onRendition: () => {},
    });
    found.push({ viewerMs, renderMs: performance.now() - start });
  }
  // The first one warms up both.
  return found.slice(1);
}
