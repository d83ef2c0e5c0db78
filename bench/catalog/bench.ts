import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
import { ENCODER } from "@imagefleet/core/image";
import { manifestKey } from "@imagefleet/core/plan";
import { defineRecipe, recipeFingerprint } from "@imagefleet/core/recipe";
import { type Manifest, RenditionStore } from "@imagefleet/core/store";
import { UPLOAD_KEY, uploadKeys } from "@imagefleet/core/uploads";
import { prepareCatalog } from "@imagefleet/local/fleet";
import pLimit from "p-limit";
import { CLI, runFolder } from "../data.ts";
import { inMib, MIB } from "../measure/peak.ts";
import { runProgram } from "../measure/program.ts";
import { rounded } from "../measure/statistics.ts";
import { defineBench } from "../runner.ts";
import { startServers } from "../servers.ts";

/** For 10,000 images. */
const MOST_SECONDS = 60;
const RECIPE = {
  presets: { thumb: "200x200", medium: "800w", large: "1600w" },
};
const USERS = 100;
const VISIBILITY_SECONDS = 60;
const WRITES_AT_ONCE = 32;

/** Time and memory of a rebuild of a table, and of the check that it then matches the manifests. */
export const catalog = defineBench<{ images: number }>(
  "catalog",
  async ({ images }, { say, signal }) => {
    await using folder = await runFolder();
    await using servers = await startServers(join(folder.path, "aws"), VISIBILITY_SECONDS);
    const { s3, sqs, aws, resources } = servers;
    const recipe = defineRecipe(RECIPE);
    const file = join(folder.path, "recipe.mjs");
    await writeFile(file, `export default ${JSON.stringify(RECIPE)};`);
    const { endpoint, credentials } = aws;
    say(`writing ${images} manifests …`);
    await putManifests(s3, images, resources);
    await prepareCatalog(
      { s3, sqs },
      { recipe, endpoint, credentials, visibility: VISIBILITY_SECONDS },
    );
    const run = async (command: "rebuild" | "check") => {
      say(`catalog ${command} …`);
      const at = ["--endpoint", endpoint, "--data", folder.path, "--recipe", file];
      const start = performance.now();
      const args = ["catalog", command, ...at, "--json"];
      const { code, stdout, stderr, cpuMs, peakBytes } = await runProgram(CLI, args, {
        folder: folder.path,
        signal,
      });
      if (code !== 0) throw new Error(`catalog ${command} exited with ${code}:\n${stderr}`);
      const seconds = (performance.now() - start) / 1000;
      return { command, stdout, seconds, cpuMs, peakBytes };
    };
    const rebuild = await run("rebuild");
    const { written }: { written: number } = JSON.parse(rebuild.stdout);
    if (written !== images) throw new Error(`${written} of ${images} items were written`);
    const rows = [rebuild, await run("check")];
    return {
      title: `catalog: ${images} manifests in S3, and an empty table, on servers of this machine`,
      tables: () => [
        {
          texts: 1,
          columns: ["command", "seconds", "images/s", "CPU s", "peak MiB"],
          rows: rows.map((row) => [
            row.command,
            row.seconds.toFixed(1),
            (images / row.seconds).toFixed(0),
            (row.cpuMs / 1000).toFixed(1),
            inMib(row.peakBytes),
          ]),
        },
      ],
      bars: [
        {
          what: "rebuild of 10,000 images",
          is: rounded((rebuild.seconds * 10_000) / images),
          most: MOST_SECONDS,
          unit: "s",
        },
      ],
      ratios: {},
      figures: Object.fromEntries(
        rows.flatMap(({ command, seconds, cpuMs, peakBytes }) => [
          [`${command} seconds`, rounded(seconds)],
          [`${command} CPU ms`, rounded(cpuMs)],
          [`${command} peak MiB`, Math.round(peakBytes / MIB)],
        ]),
      ),
      setup: `${images} images`,
      result: { rows: rows.map(({ stdout: _stdout, ...row }) => row) },
    };
  },
);

/** Writes manifests as jobs do, of uploads by some users. */
async function putManifests(
  s3: S3Client,
  images: number,
  resources: { readonly sourceBucket: string; readonly renditionBucket: string },
): Promise<void> {
  const recipe = defineRecipe(RECIPE);
  const fingerprint = recipeFingerprint(recipe, ENCODER);
  const store = new RenditionStore(s3, resources.renditionBucket);
  const keys = uploadKeys(UPLOAD_KEY, recipe.source.prefix);
  const never = new AbortController().signal;
  const limit = pLimit(WRITES_AT_ONCE);
  const at = new Date("2026-01-01").toISOString();
  await limit.map(
    Array.from({ length: images }, (_none, n) => n),
    async (n) => {
      const key = keys.make(`user-${n % USERS}`, "jpg", Date.now());
      const manifest: Manifest = {
        version: 1,
        revision: String(n),
        seq: Date.parse(at) + n,
        source: {
          bucket: resources.sourceBucket,
          key,
          etag: `"${n.toString(16).padStart(32, "0")}"`,
          bytes: 3_000_000,
          format: "jpeg",
          width: 4000,
          height: 3000,
          name: `IMG_${n}.jpg`,
        },
        recipe: fingerprint,
        placeholder: { thumbhash: "1QcSHQRnh493V4dIh4eXh1h4kJUI", color: "#aabbcc" },
        renditions: [200, 800, 1600].map((width, i) => ({
          preset: Object.keys(RECIPE.presets)[i] ?? "",
          key: `${Object.keys(RECIPE.presets)[i]}/${key}.webp`,
          width,
          height: (width * 3) / 4,
          format: "webp",
          bytes: width * 50,
          etag: `"${n}"`,
          fingerprint,
        })),
        stale: [],
        at,
      };
      await store.putManifest(manifestKey(recipe, key), manifest, undefined, never);
    },
  );
}
