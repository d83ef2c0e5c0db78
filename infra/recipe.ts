import { createRequire } from "node:module";
import { join } from "node:path";
import * as v from "valibot";
import { bundle } from "./bundle.ts";
import { program, programs } from "./programs.ts";

const FILE = "recipe.mjs";

/** The fields of a recipe that the deployment reads. */
const recipeSchema = v.object({
  source: v.object({ prefix: v.string() }),
  output: v.object({ prefix: v.string() }),
  limits: v.object({ bytes: v.number() }),
  delivery: v.optional(v.object({ adhoc: v.optional(v.object({})) })),
});

/** The code of the two functions at CloudFront's edges, and the addresses that are negotiated. */
const edgeSchema = v.object({
  request: v.string(),
  response: v.string(),
  negotiated: v.array(v.string()),
});

export interface FleetRecipe extends v.InferOutput<typeof recipeSchema> {
  readonly edge: v.InferOutput<typeof edgeSchema>;
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
  const parser = join(root, programs(), "packages/core/src/recipe/index.ts");
  const folder = join(".sst", "imagefleet", fleet);
  const contents = `import { parseRecipe } from ${JSON.stringify(parser)};
      import recipe from ${JSON.stringify(join(root, path))};
      export default parseRecipe(recipe);`;
  const withEdge = `${contents}
      import { compileEdge, negotiatedPatterns } from ${JSON.stringify(join(root, program("packages/edge/src/index.ts")))};
      const parsed = parseRecipe(recipe);
      export const edge = { ...compileEdge(parsed), negotiated: negotiatedPatterns(parsed) };`;
  // Read as CommonJS, because a constructor cannot await an import.
  const read = join(".sst", "imagefleet", `${fleet}.recipe.cjs`);
  try {
    bundle({ contents, resolveDir: root }, { outfile: join(folder, FILE), format: "esm" });
    bundle({ contents: withEdge, resolveDir: root }, { outfile: read, format: "cjs" });
    const required: { default: unknown; edge: unknown } = createRequire(join(root, read))(
      join(root, read),
    );
    const edge = v.parse(edgeSchema, required.edge);
    return { ...v.parse(recipeSchema, required.default), edge, folder, file: FILE };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Imagefleet "${fleet}": recipe is ${JSON.stringify(path)}: ${why}`, {
      cause: error,
    });
  }
}
