// Renders the files that the parent process sends, one after the other, and reports each outcome.

import { configureCodec, probe, render } from "@imagefleet/core/image";
import { Failure, Rejection } from "@imagefleet/core/outcome";
import { laneByCost, planRenditions } from "@imagefleet/core/plan";
import { defineRecipe } from "@imagefleet/core/recipe";

/** The outcome of a file: `rendered`, `large` (for the other lane), or the reason of the error. */
export interface Ending {
  readonly outcome: string;
  readonly message: string;
  /** The maximum resident memory of the process so far, in bytes. */
  readonly peakBytes: number;
}

const SMALL = 256 * 2 ** 20;
/** Too little memory for any raster. */
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
  // The choice depends only on the file, so that a result can be repeated.
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
  void ending(bytes).then((end) => {
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    process.send?.({ ...end, peakBytes } satisfies Ending);
  });
});
