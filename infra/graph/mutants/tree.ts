import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Mutant } from "./table.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
/** What a graph is built from and mutants leave alone. */
const LINKED = ["node_modules", "packages", "docker", "infra/node_modules"];
const LINKED_OF_SST = ["platform", "provider-lock.json"];

/**
 * A copy of the configuration with something broken in it.
 *
 * @param name of its folder under .sst/imagefleet/mutants
 * @throws Error where a mutant's text is not found: then the table is to be brought up to date
 */
export function mutated(name: string, mutants: readonly Mutant[]): string {
  const root = join(ROOT, ".sst", "imagefleet", "mutants", name);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, "infra"), { recursive: true });
  mkdirSync(join(root, ".sst"));
  for (const file of ["sst.config.ts", "recipe.ts", "package.json"]) {
    cpSync(join(ROOT, file), join(root, file));
  }
  for (const file of readdirSync(join(ROOT, "infra")).filter((each) => each.endsWith(".ts"))) {
    cpSync(join(ROOT, "infra", file), join(root, "infra", file));
  }
  for (const path of LINKED) symlinkSync(join(ROOT, path), join(root, path));
  for (const path of LINKED_OF_SST) symlinkSync(join(ROOT, ".sst", path), join(root, ".sst", path));
  for (const { what, file, from, to } of mutants) {
    const path = join(root, "infra", file);
    const text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new Error(`${what}: infra/${file} does not contain ${from}`);
    writeFileSync(path, text.replaceAll(from, to));
  }
  return root;
}
