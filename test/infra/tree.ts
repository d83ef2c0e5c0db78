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

const ROOT = join(import.meta.dirname, "..", "..");
/** What is built from and stays as it is. */
const LINKED = ["node_modules", "packages", "docker", "infra/node_modules"];
const LINKED_OF_SST = ["platform", "provider-lock.json"];

/** A text of infra/ that another takes the place of. */
export interface Change {
  readonly what: string;
  /** In infra/. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/**
 * A copy of the configuration, with changes: what is built from it lies in it, and meets nothing
 * that is built from another.
 *
 * @param root where it is made, in place of what is there
 * @param recipe in the place of recipe.ts
 * @throws Error where a change's text is not found: then the change is to be brought up to date
 */
export function makeTree(root: string, changes: readonly Change[], recipe?: string): void {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, "infra"), { recursive: true });
  mkdirSync(join(root, ".sst"));
  for (const file of ["sst.config.ts", "recipe.ts", "package.json"]) {
    cpSync(join(ROOT, file), join(root, file));
  }
  if (recipe !== undefined) writeFileSync(join(root, "recipe.ts"), recipe);
  for (const file of readdirSync(join(ROOT, "infra")).filter((each) => each.endsWith(".ts"))) {
    cpSync(join(ROOT, "infra", file), join(root, "infra", file));
  }
  for (const path of LINKED) symlinkSync(join(ROOT, path), join(root, path));
  for (const path of LINKED_OF_SST) symlinkSync(join(ROOT, ".sst", path), join(root, ".sst", path));
  for (const { what, file, from, to } of changes) {
    const path = join(root, "infra", file);
    const text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new Error(`${what}: infra/${file} does not contain ${from}`);
    writeFileSync(path, text.replaceAll(from, to));
  }
}
