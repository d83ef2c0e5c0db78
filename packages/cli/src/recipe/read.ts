import { Console } from "node:console";
import type { Recipe } from "@imagefleet/core/recipe";
import { loadRecipe as load } from "@imagefleet/core/recipe-file";
import { UsageError } from "../usage-error.ts";

/** A recipe that is not loaded after this time, ms, awaits something that never happens. */
const LIMIT_MS = 10_000;

/**
 * Reads the recipe of a module that a person wrote. The module can neither print to stdout, which is
 * for results, nor end the program.
 *
 * @param limitMs the most time that it may take, ms
 * @throws RecipeFileError; UsageError when it does not settle or calls process.exit()
 */
export async function readRecipe(file: string, limitMs = LIMIT_MS): Promise<Recipe> {
  globalThis.console = new Console(process.stderr, process.stderr);
  const wrong = Promise.withResolvers<never>();
  const late = setTimeout(() => {
    const why = `is not loaded after ${limitMs / 1000} s: it awaits something that never happens`;
    wrong.reject(new UsageError(`--recipe ${file} ${why}: remove that`));
  }, limitMs);
  const { exit } = process;
  process.exit = () => {
    const error = new UsageError(
      `--recipe ${file} calls process.exit(): remove that, a recipe only exports`,
    );
    wrong.reject(error);
    throw error;
  };
  try {
    return await Promise.race([wrong.promise, load(file)]);
  } finally {
    clearTimeout(late);
    process.exit = exit;
  }
}
