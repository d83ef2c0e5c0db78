import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";

/** A function's artefact as Lambda would unpack it: path → bytes. */
export function readArtefact(root: string, functionId: string): Map<string, Uint8Array> {
  const zip = readFileSync(join(root, ".sst", "artifacts", functionId, "code.zip"));
  return new Map(Object.entries(unzipSync(zip)).filter(([path]) => !path.endsWith("/")));
}

/**
 * Unpacks an artefact. Its sharp is for the function's processor: where this machine has another, it
 * is replaced by the one that the lockfile brought here, of the same version.
 */
export function unpack(files: ReadonlyMap<string, Uint8Array>, folder: string, root: string): void {
  for (const [path, bytes] of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  if (process.arch === "arm64" && process.platform === "linux") return;
  const modules = join(folder, "node_modules");
  rmSync(modules, { recursive: true });
  const installed = realpathSync(join(root, "packages", "core", "node_modules", "sharp"));
  cpSync(dirname(installed), modules, { recursive: true, dereference: true });
}
