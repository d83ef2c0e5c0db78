import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile } from "esbuild";

/** In the folder of the bench, where the bundle finds sharp, which is external. */
const FOLDER = new URL(".imagefleet/cold-2/", import.meta.url);

/**
 * The options with which SST bundles a function: ESM, minified, dynamic imports in separate files, and
 * the native part of sharp external.
 */
const OPTIONS = {
  bundle: true,
  minify: true,
  platform: "node",
  target: "node24",
  format: "esm",
  splitting: true,
  outExtension: { ".js": ".mjs" },
  mainFields: ["module", "main"],
  external: ["sharp"],
  // CommonJS packages in the bundle use these.
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

/** The packages alone, with the exports that the function uses. */
const BARE = `
  export { default as sharp } from "sharp";
  export { S3Client, GetObjectCommand, HeadObjectCommand, PutObjectCommand, DeleteObjectCommand }
    from "@aws-sdk/client-s3";
  export { SQSClient, SendMessageCommand, ChangeMessageVisibilityCommand }
    from "@aws-sdk/client-sqs";
`;

export interface Bundles {
  /** The URL of the function's bundle. */
  readonly function: string;
  /** The bytes that each start reads. */
  readonly functionBytes: number;
  /** The URL of the bundle of `deliver`. */
  readonly deliver: string;
  /** The URL of the bundle of the packages alone. */
  readonly bare: string;
}

export async function bundles(): Promise<Bundles> {
  const outdir = fileURLToPath(FOLDER);
  const bundle = (handler: string, out: string) =>
    build({
      ...OPTIONS,
      outdir,
      metafile: true,
      entryPoints: [{ in: fileURLToPath(handler), out }],
    });
  const consume = import.meta.resolve("@imagefleet/lambda/consume/handler");
  const { metafile } = await bundle(consume, "function");
  await bundle(import.meta.resolve("@imagefleet/lambda/deliver/handler"), "deliver");
  const resolveDir = fileURLToPath(new URL(".", import.meta.url));
  await build({
    ...OPTIONS,
    outdir,
    entryNames: "bare",
    stdin: { contents: BARE, resolveDir },
  });
  return {
    function: new URL("function.mjs", FOLDER).href,
    functionBytes: bytesAtStart(metafile),
    deliver: new URL("deliver.mjs", FOLDER).href,
    bare: new URL("bare.mjs", FOLDER).href,
  };
}

/** The bytes of the entry and of everything that it imports statically. */
function bytesAtStart({ outputs }: Metafile): number {
  const [entry] = Object.keys(outputs).filter((file) => file.endsWith("/function.mjs"));
  const read = new Set<string>();
  const waiting = entry === undefined ? [] : [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (read.has(file)) continue;
    read.add(file);
    const imports = outputs[file]?.imports.filter(({ kind }) => kind === "import-statement") ?? [];
    waiting.push(...imports.map(({ path }) => path));
  }
  return [...read].reduce((sum, file) => sum + (outputs[file]?.bytes ?? 0), 0);
}
