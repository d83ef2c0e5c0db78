import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { ESM_BANNER, esbuildOf } from "../../../infra/esbuild.ts";
import { ensurePlatform } from "../../../scripts/sst/platform.ts";
import type { FunctionArtifact } from "../../container/function-artifact.ts";
import { bundle, unpack } from "./artifact.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

/** The packages alone, with as much of them kept as the function uses. */
const BARE = `
  export { default as sharp } from "sharp";
  export { S3Client, GetObjectCommand, HeadObjectCommand, PutObjectCommand, DeleteObjectCommand }
    from "@aws-sdk/client-s3";
  export { SQSClient, SendMessageCommand, ChangeMessageVisibilityCommand }
    from "@aws-sdk/client-sqs";
`;

/**
 * Bundles the function for this machine's processor, once for all tests of this project, if there is
 * an engine to run it in: the worker's image has been built then.
 */
export default async function setUp(project: TestProject): Promise<() => void> {
  if (project.getProvidedContext().workerImage === "") {
    project.provide("functionArtifact", undefined);
    return () => undefined;
  }
  const root = mkdtempSync(join(tmpdir(), "imagefleet-function-"));
  // For the container's user, who is another.
  chmodSync(root, 0o755);
  project.provide("functionArtifact", await make(root));
  return () => rmSync(root, { recursive: true, force: true });
}

async function make(root: string): Promise<FunctionArtifact> {
  const [folder, bare] = [join(root, "task"), join(root, "bare")];
  await ensurePlatform(ROOT);
  const { handler, zipBytes, files } = await bundle(process.arch === "arm64" ? "arm64" : "x86_64");
  unpack(files, folder);
  mkdirSync(bare);
  await bundleBare(join(bare, "bare.mjs"));
  // In the container: sharp is the artifact's own.
  symlinkSync("/var/task/node_modules", join(bare, "node_modules"));
  const unpackedBytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return { folder, bare, handler, zipBytes, unpackedBytes };
}

/** As SST bundles a function: one ESM file, minified, sharp's native part left outside. */
async function bundleBare(outfile: string): Promise<void> {
  await esbuildOf(join(ROOT, ".sst", "platform")).build({
    stdin: { contents: BARE, resolveDir: join(ROOT, "packages", "core") },
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    external: ["sharp"],
    banner: { js: ESM_BANNER },
    logLevel: "error",
  });
}
