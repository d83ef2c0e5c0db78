import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL("../../../", import.meta.url));

/** The folder of `recipe.ts` and `.imagefleet/`: this repository, or, once installed, the current folder. */
export const PROJECT = /[\\/]node_modules[\\/]/.test(HERE) ? process.cwd() : HERE;

const OWN_RECIPE = join(PROJECT, "recipe.ts");

/** The project's recipe; where it has none, the one that Imagefleet brings. */
export const RECIPE = existsSync(OWN_RECIPE)
  ? OWN_RECIPE
  : fileURLToPath(import.meta.resolve("@imagefleet/workspace/recipe"));
