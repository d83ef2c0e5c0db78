import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pack } from "../../scripts/pack/pack.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const run = promisify(execFile);

/**
 * `examples/existing-app` in a folder of its own, with `@imagefleet/sst` installed from the very file
 * that would be published.
 *
 * @param config in the place of its sst.config.ts
 * @returns the folder, which is the caller's to remove
 */
export async function makeApp(config?: string): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "imagefleet-app-"));
  cpSync(join(ROOT, "examples", "existing-app"), root, { recursive: true });
  if (config !== undefined) writeFileSync(join(root, "sst.config.ts"), config);

  const packed = join(root, "packed");
  const installed = join(root, "node_modules", "@imagefleet", "sst");
  await pack(packed);
  await run("npm", ["pack", "--offline", "--silent"], { cwd: packed });
  mkdirSync(installed, { recursive: true });
  const tarball = readdirSync(packed).find((file) => file.endsWith(".tgz")) ?? "";
  await run("tar", ["-xzf", join(packed, tarball), "-C", installed, "--strip-components=1"]);

  const core = join(ROOT, "packages", "core", "node_modules");
  const manifest = readFileSync(join(installed, "package.json"), "utf8");
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(manifest);
  for (const name of Object.keys(dependencies)) {
    symlinkSync(join(core, name), join(root, "node_modules", name));
  }
  mkdirSync(join(root, ".sst"));
  for (const path of ["platform", "provider-lock.json"]) {
    symlinkSync(join(ROOT, ".sst", path), join(root, ".sst", path));
  }
  return root;
}
