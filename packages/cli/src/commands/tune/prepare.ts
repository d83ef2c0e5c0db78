import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ImageInput, probe, render } from "@imagefleet/core/image";
import { isDrawnPicture } from "@imagefleet/core/measuring";
import { Rejection } from "@imagefleet/core/outcome";
import { laneByBytes } from "@imagefleet/core/plan";
import { type Preset, presetLabel, type Recipe } from "@imagefleet/core/recipe";
import { planFor } from "../../recipe/plan-for.ts";
import type { SampleFile } from "../../sample/sample.ts";

/** The pictures of a source, and how many are not measured. */
export interface Prepared {
  readonly pictures: readonly Picture[];
  /** Drawings of a preset by content, whose quality decides nothing. */
  readonly drawn: number;
  /** Too small for a score. */
  readonly tiny: number;
}

/** The pixels that a preset makes of one source, whatever the format. */
export interface Picture {
  /** The preset's name. Its widths have pictures of their own. */
  readonly name: string;
  /** A PNG. */
  readonly file: string;
  readonly background: string;
}

/** The smallest side of a picture that can be scored, px. */
const SMALLEST = 8;

/**
 * Renders a source in the sizes of a recipe, without loss, into a folder.
 *
 * @param turn the number of the source: its files are named by it
 * @returns the reason when the file is rejected
 */
export async function prepare(
  source: SampleFile,
  recipe: Recipe,
  { folder, turn }: { readonly folder: string; readonly turn: number },
  signal: AbortSignal,
): Promise<Prepared | string> {
  const input: ImageInput = { kind: "file", path: source.path };
  const pictures: Picture[] = [];
  const byContent = new Set(
    recipe.presets.filter(({ encoding }) => encoding === "by-content").map(({ name }) => name),
  );
  let [drawn, tiny] = [0, 0];
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
        const file = join(folder, `${turn}-${presetLabel(preset)}.png`);
        await writeFile(file, data);
        pictures.push({ name: preset.name, file, background: preset.background });
      },
    });
    return { pictures, drawn, tiny };
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
