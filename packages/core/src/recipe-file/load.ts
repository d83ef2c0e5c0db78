import { stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseRecipe, type Recipe, RecipeError } from "../recipe/index.ts";
import { RecipeFileError } from "./error.ts";
import { locationOf } from "./location.ts";

const EXTENSIONS = [".ts", ".mts", ".js", ".mjs"];

const PLAIN = 'export default { presets: { thumb: "150x150" } }';

/**
 * The recipe that a module exports as its default: what `defineRecipe` gave, or a plain object. A file
 * that has changed since it was loaded is loaded again; what it imports is not.
 *
 * @param from a path (relative to the working directory) or a `file:` URL
 * @throws RecipeFileError naming the file, the fault and the fix
 *
 * @example
 * const { presets } = await loadRecipe("recipe.ts");
 */
export async function loadRecipe(from: string | URL): Promise<Recipe> {
  const url = String(from);
  const file = url.startsWith("file:") ? fileURLToPath(url) : resolve(url);
  const changedMs = await checkFile(file);
  const module = await importModule(file, changedMs);
  if (!("default" in module)) {
    const names = Object.keys(module);
    const found = names.length === 0 ? "exports nothing" : `exports only ${names.join(", ")}`;
    throw new RecipeFileError(file, `${found}: a recipe is the default export, ${PLAIN}`);
  }
  try {
    return parseRecipe(module.default);
  } catch (error) {
    throw await asFileError(file, error);
  }
}

/** @returns when the file was changed, ms since the epoch */
async function checkFile(file: string): Promise<number> {
  let changedMs = 0;
  try {
    const about = await stat(file);
    changedMs = about.mtimeMs;
    if (!about.isFile()) {
      throw new RecipeFileError(file, `is no file: name a module such as ${resolve("recipe.ts")}`);
    }
  } catch (error) {
    if (error instanceof RecipeFileError) throw error;
    throw new RecipeFileError(file, `there is no such recipe file: write one, ${PLAIN}`, {
      cause: error,
    });
  }
  if (!EXTENSIONS.includes(extname(file))) {
    throw new RecipeFileError(
      file,
      `a recipe is a module: its name must end with one of ${EXTENSIONS.join(", ")}`,
    );
  }
  return changedMs;
}

/** When each file had been changed that this process has loaded first, ms since the epoch. */
const loadedMs = new Map<string, number>();

async function importModule(file: string, changedMs: number): Promise<{ default?: unknown }> {
  const url = pathToFileURL(file);
  const firstMs = loadedMs.get(file) ?? changedMs;
  loadedMs.set(file, firstMs);
  // A process loads what has one address only once.
  if (firstMs !== changedMs) url.searchParams.set("changed", String(changedMs));
  try {
    return await import(url.href);
  } catch (error) {
    throw await asFileError(file, error);
  }
}

/** The module ran into something while it was loaded: its own fault, never a stack for a person. */
async function asFileError(file: string, error: unknown): Promise<RecipeFileError> {
  const cause = { cause: error };
  if (error instanceof RecipeError) return new RecipeFileError(file, error.message, cause);
  const text = error instanceof Error ? error.message : String(error);
  const missing = /^Cannot find (?:package|module) '([^']+)'/.exec(text)?.[1];
  if (missing?.startsWith("@imagefleet/")) {
    return new RecipeFileError(
      file,
      `"${missing}" cannot be found from a file outside the project: leave the import out and write ${PLAIN}`,
      cause,
    );
  }
  if (missing !== undefined) {
    return new RecipeFileError(file, `it imports "${missing}", which is not there`, cause);
  }
  const name = error instanceof Error ? error.name : "it threw";
  const at = await locationOf(error, file);
  return new RecipeFileError(file, `it cannot be loaded: ${name}: ${text}${at}`, cause);
}
