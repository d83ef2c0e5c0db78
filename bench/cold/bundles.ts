import { stat } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type BuildOptions, build } from "esbuild";

/** Under the bench's own folder: sharp stays outside the bundle and is found from there. */
const FOLDER = new URL(".imagefleet/cold-1/", import.meta.url);

/** As SST bundles a function: one ESM file, minified, sharp's native part left outside. */
const OPTIONS = {
  bundle: true,
  minify: true,
  platform: "node",
  target: "node24",
  format: "esm",
  mainFields: ["module", "main"],
  external: ["sharp"],
  // CommonJS packages in the bundle call these.
  banner: {
    js: [
      'import { createRequire as topLevelCreateRequire } from "node:module";',
      "const require = topLevelCreateRequire(import.meta.url);",
      'import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "node:url";',
      'const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url));',
    ].join("\n"),
  },
  logLevel: "warning",
} as const satisfies BuildOptions;

/** The packages alone, with as much of them kept as the function uses. */
const BARE = `
  export { default as sharp } from "sharp";
  export { S3Client, GetObjectCommand, HeadObjectCommand, PutObjectCommand, DeleteObjectCommand }
    from "@aws-sdk/client-s3";
  export { SQSClient, SendMessageCommand, ChangeMessageVisibilityCommand }
    from "@aws-sdk/client-sqs";
`;

export interface Bundles {
  /** URL of the function's bundle. */
  readonly function: string;
  readonly functionBytes: number;
  /** URL of the bundle of the bare packages. */
  readonly bare: string;
}

export async function bundles(): Promise<Bundles> {
  const functionFile = fileURLToPath(new URL("function.mjs", FOLDER));
  const bareFile = fileURLToPath(new URL("bare.mjs", FOLDER));
  const handler = fileURLToPath(import.meta.resolve("@imagefleet/lambda/consume/handler"));
  await build({ ...OPTIONS, entryPoints: [handler], outfile: functionFile });
  const resolveDir = fileURLToPath(new URL(".", import.meta.url));
  await build({ ...OPTIONS, stdin: { contents: BARE, resolveDir }, outfile: bareFile });
  return {
    function: pathToFileURL(functionFile).href,
    functionBytes: (await stat(functionFile)).size,
    bare: pathToFileURL(bareFile).href,
  };
}
