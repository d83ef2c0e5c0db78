import { createRequire } from "node:module";
import { join } from "node:path";
import * as v from "valibot";
import { bundle } from "./bundle.ts";
import { programs } from "./programs.ts";

const FILE = "recipe.mjs";

/** The fields of a recipe that the deployment reads. */
const recipeSchema = v.object({
  source: v.object({ prefix: v.string() }),
  output: v.object({ prefix: v.string() }),
  limits: v.object({ bytes: v.number() }),
});

export interface FleetRecipe extends v.InferOutput<typeof recipeSchema> {
  /** The folder, from the app's root, of the bundled recipe. */
  readonly folder: string;
  /** The file in that folder, as both programs get it. */
  readonly file: string;
}

/**
 * Checks a recipe, and bundles it and everything that it imports into one file for the function and the
 * worker's image.
 *
 * @param path the module that exports it, from the app's root
 * @throws Error naming the file and its issues
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
  // Read as CommonJS, because a constructor cannot await an import.
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
