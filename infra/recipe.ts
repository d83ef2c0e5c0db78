import { createRequire } from "node:module";
import { join } from "node:path";
import * as v from "valibot";
import { bundle } from "./bundle.ts";
import { programs } from "./programs.ts";

const FILE = "recipe.mjs";

/** What the deployment itself must know of a recipe. */
const recipeSchema = v.object({
  source: v.object({ prefix: v.string() }),
  output: v.object({ prefix: v.string() }),
  limits: v.object({ bytes: v.number() }),
});

export interface FleetRecipe extends v.InferOutput<typeof recipeSchema> {
  /** The folder, from the app's root, of the recipe in one file that stands alone. */
  readonly folder: string;
  /** In that folder, as both programs are given it. */
  readonly file: string;
}

/**
 * Checks a recipe, and makes one file of it and all that it imports, which goes into the function and
 * into the worker's image.
 *
 * @param path of the module that exports it, from the app's root
 * @throws Error naming the file and what is wrong with it
 */
export function readRecipe(fleet: string, path: string): FleetRecipe {
  const { root } = $cli.paths;
  const folder = join(".sst", "imagefleet", fleet);
  const entry = {
    contents: `import { parseRecipe } from ${JSON.stringify(join(root, programs(), "packages/core/src/recipe/index.ts"))};
      import recipe from ${JSON.stringify(join(root, path))};
      export default parseRecipe(recipe);`,
    resolveDir: root,
  };
  // Read here as CommonJS: that can be waited for by no constructor.
  const read = join(".sst", "imagefleet", `${fleet}.recipe.cjs`);
  try {
    bundle(entry, { outfile: join(folder, FILE), format: "esm" });
    bundle(entry, { outfile: read, format: "cjs" });
    const required: { default: unknown } = createRequire(join(root, read))(join(root, read));
    return { ...v.parse(recipeSchema, required.default), folder, file: FILE };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Imagefleet "${fleet}": recipe is ${JSON.stringify(path)}: ${why}`, {
      cause: error,
    });
  }
}
