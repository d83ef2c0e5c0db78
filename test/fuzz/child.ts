// Renders what its parent sends, one file after the other, and says how each ended.

import { configureCodec, probe, render } from "@imagefleet/core/image";
import { Failure, Rejection } from "@imagefleet/core/outcome";
import { laneByCost, planRenditions } from "@imagefleet/core/plan";
import { defineRecipe } from "@imagefleet/core/recipe";

/** How a file ended: `rendered`, `large` (for another lane), or why not. */
export interface Ending {
  readonly outcome: string;
  readonly message: string;
  /** The most that the process ever had resident, bytes. */
  readonly peakBytes: number;
}

const SMALL = 256 * 2 ** 20;
/** Too little for any raster. */
const STREAMED = 1;

configureCodec({ threads: 2 });
const presets = {
  thumb: { size: "32x32", fit: "cover", format: "webp" },
  medium: { size: "64w", format: "jpeg" },
  whole: { format: "png" },
} as const;
const limits = { seconds: 10 };
const recipes = [
  defineRecipe({ source: { svg: true }, limits, presets }),
  defineRecipe({
    source: { svg: true, damaged: "render" },
    limits,
    presets: { ...presets, moving: { size: "64w", format: "webp", animated: true } },
  }),
];

async function ending(bytes: Uint8Array): Promise<Omit<Ending, "peakBytes">> {
  // The same ways for the same file.
  const recipe = recipes[bytes.length % 2] ?? defineRecipe({ presets });
  const memory = bytes.length % 3 === 0 ? STREAMED : SMALL;
  try {
    const input = { kind: "bytes", bytes } as const;
    const plan = planRenditions(await probe(input, recipe), recipe, "key", memory);
    if (laneByCost(plan, SMALL) === "large") return { outcome: "large", message: "" };
    await render(input, plan, { onRendition: () => {} });
    return { outcome: "rendered", message: "" };
  } catch (error) {
    if (error instanceof Rejection || error instanceof Failure) {
      return { outcome: error.reason, message: error.message };
    }
    return { outcome: "unexpected", message: String(error) };
  }
}

process.on("message", (bytes: Uint8Array) => {
  void ending(bytes).then((said) => {
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    process.send?.({ ...said, peakBytes } satisfies Ending);
  });
});
