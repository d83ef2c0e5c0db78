import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import { textAt } from "../read.ts";
import { makeTree } from "../tree.ts";
import { type Diff, sstDiff } from "./diff.ts";

const FUNCTION = "PhotosConsume";

/** As Lambda names its processors. */
export type Architecture = "arm64" | "x86_64";

/** What sst would hand to Lambda. */
export interface Bundled {
  readonly diff: Diff;
  /** The handler as Lambda's setting: module and export. */
  readonly handler: string;
  /** Of the zip that is uploaded. */
  readonly zipBytes: number;
  /** As Lambda unpacks it: path → bytes. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * The function's artifact, bundled by the real sst in a copy of the configuration, so that runs side
 * by side do not meet: 5 to 10 s.
 *
 * @param architecture arm64 as it is deployed, or else the same for the other processor
 * @throws Error with what sst said
 */
export async function bundle(architecture: Architecture): Promise<Bundled> {
  // Not under .sst, where sst takes every file for one of its own.
  const root = mkdtempSync(join(tmpdir(), "imagefleet-tree-"));
  makeTree(root, [
    {
      what: "the function's processor",
      file: "function.ts",
      from: 'architecture: "arm64"',
      to: `architecture: "${architecture}"`,
    },
  ]);
  try {
    const diff = await sstDiff(root, "smoke");
    const zip = readFileSync(join(root, ".sst", "artifacts", FUNCTION, "code.zip"));
    const files = Object.entries(unzipSync(zip)).filter(([path]) => !path.endsWith("/"));
    const fn = diff.resources.find(({ name }) => name === `${FUNCTION}Function`);
    const handler = textAt(fn?.inputs, "handler");
    return { diff, handler, zipBytes: zip.length, files: new Map(files) };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

export function unpack(files: ReadonlyMap<string, Uint8Array>, folder: string): void {
  for (const [path, bytes] of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}

/**
 * Where this machine has another processor than the function, puts sharp as the lockfile brought it
 * here, of the same version, in the place of the artifact's own.
 */
export function withSharpOfThisMachine(folder: string, root: string): void {
  if (process.arch === "arm64" && process.platform === "linux") return;
  const modules = join(folder, "node_modules");
  rmSync(modules, { recursive: true });
  const installed = realpathSync(join(root, "packages", "core", "node_modules", "sharp"));
  cpSync(dirname(installed), modules, { recursive: true, dereference: true });
}
