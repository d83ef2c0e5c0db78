import { configureCodec, type ImageInput, probe, render } from "@imagefleet/core/image";
import { Rejection } from "@imagefleet/core/outcome";
import { planRenditions } from "@imagefleet/core/plan";
import { parseRecipe } from "@imagefleet/core/recipe";

configureCodec({ threads: 1 });

/** The longest side of a preview, px, and the memory that its decode may take, bytes. */
const SIDE = 960;
const MEMORY_BYTES = 1024 * 2 ** 20;

/** What can be shown of a damaged picture helps to see why it failed. */
const RECIPE = parseRecipe({
  source: { svg: true, damaged: "render" },
  limits: { pixels: 400_000_000, pages: 100, seconds: 30 },
  presets: { preview: { size: `${SIDE}x${SIDE}`, fit: "inside", format: "webp", quality: 80 } },
});

/** A preview, or why it cannot be made. */
type Preview =
  | { readonly data: Uint8Array; readonly damaged: string | null }
  | { readonly error: string };

/** Decodes a file with the fleet's own decoder, in a process of its own. */
export default async function preview({ path }: { readonly path: string }): Promise<Preview> {
  const input: ImageInput = { kind: "file", path };
  let made: Uint8Array | undefined;
  let damaged: string | null = null;
  try {
    const info = await probe(input, RECIPE);
    await render(input, planRenditions(info, RECIPE, "preview", MEMORY_BYTES), {
      onRendition: ({ data }) => {
        made = data;
      },
      onDamaged: (why) => {
        damaged = why;
      },
    });
    return made === undefined ? { error: "nothing was rendered" } : { data: made, damaged };
  } catch (error) {
    if (error instanceof Rejection) return { error: `${error.reason}: ${error.message}` };
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
