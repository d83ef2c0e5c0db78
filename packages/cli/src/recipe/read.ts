import { Console } from "node:console";
import type { Recipe } from "@imagefleet/core/recipe";
import { loadRecipe as load } from "@imagefleet/core/recipe-file";
import { UsageError } from "../usage-error.ts";

/** A recipe is a few lines: what takes so long, ms, waits for something that does not come. */
const PATIENCE_MS = 10_000;

/**
 * The recipe of a module that a person wrote. Whatever it does besides touches neither stdout, which
 * is for results, nor the program's end.
 *
 * @param patienceMs how long it may take, ms
 * @throws RecipeFileError; WrongUse when it does not settle or would end the program
 */
export async function readRecipe(file: string, patienceMs = PATIENCE_MS): Promise<Recipe> {
  globalThis.console = new Console(process.stderr, process.stderr);
  const wrong = Promise.withResolvers<never>();
  const late = setTimeout(() => {
    const why = `is not loaded after ${patienceMs / 1000} s: it awaits something that does not come`;
    wrong.reject(new UsageError(`--recipe ${file} ${why}: leave that out`));
  }, patienceMs);
  const { exit } = process;
  process.exit = () => {
    const error = new UsageError(
      `--recipe ${file} calls process.exit(): leave that out, a recipe only exports`,
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
