import { join } from "node:path";
import type { Variant } from "../resource.ts";
import { makeTree } from "../tree.ts";
import { SIGNED_SIZES, VARIANTS } from "../variants.ts";
import type { Mutant } from "./table.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

const { stage, settings } = VARIANTS["uploads and catalog"];

/** What is built of a copy: nothing of the configuration is left out. */
export const VARIANT: Variant = {
  stage,
  settings: { ...settings, encryption: "kms", pollers: { min: 2, max: 50 } },
};

/**
 * A copy of the configuration, with a recipe of signed sizes and something broken in it.
 *
 * @param name of its folder, the same each time: what Node has compiled of it is found again
 */
export function mutated(name: string, mutants: readonly Mutant[]): string {
  const root = join(ROOT, ".sst", "imagefleet", "mutants", name);
  makeTree(root, mutants, SIGNED_SIZES);
  return root;
}
