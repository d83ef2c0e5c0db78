import { type ImageInput, probe, render } from "@imagefleet/core/image";
import { Rejection } from "@imagefleet/core/outcome";
import { laneByBytes } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import { planFor } from "../../recipe/plan-for.ts";
import type { Measured } from "./cost.ts";

/**
 * Runs the recipe on a file and discards the renditions.
 *
 * @returns the reason when the file is rejected
 */
export async function measure(
  file: { readonly path: string; readonly key: string; readonly bytes: number },
  recipe: Recipe,
  signal: AbortSignal,
): Promise<Measured | string> {
  const input: ImageInput = { kind: "file", path: file.path };
  const began = process.cpuUsage();
  let [bytesOut, renditions] = [0, 0];
  try {
    const info = await probe(input, recipe);
    const { lane, plan } = planFor(laneByBytes(recipe, file.bytes), info, recipe, file.key);
    await render(input, plan, {
      signal,
      onRendition: ({ data }) => {
        bytesOut += data.length;
        renditions++;
      },
    });
    const { user, system } = process.cpuUsage(began);
    return { lane, bytesIn: file.bytes, bytesOut, renditions, cpuSeconds: (user + system) / 1e6 };
  } catch (error) {
    if (error instanceof Rejection) return error.reason;
    throw error;
  }
}
