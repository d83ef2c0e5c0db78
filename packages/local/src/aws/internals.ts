import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import * as v from "valibot";

/** The version of a package that is installed. */
export function installedVersion(name: string): string {
  const file = findPackageJSON(name, import.meta.url);
  if (file === undefined) throw new Error(`${name} is not installed`);
  const manifest: unknown = JSON.parse(readFileSync(file, "utf8"));
  return v.parse(v.object({ version: v.string() }), manifest).version;
}
