import { join } from "node:path";
import { makeTree } from "../tree.ts";
import type { Mutant } from "./table.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

/**
 * A copy of the configuration with something broken in it.
 *
 * @param name of its folder, the same each time: what Node has compiled of it is found again
 */
export function mutated(name: string, mutants: readonly Mutant[]): string {
  const root = join(ROOT, ".sst", "imagefleet", "mutants", name);
  makeTree(root, mutants);
  return root;
}
