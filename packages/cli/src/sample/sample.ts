import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { laneByBytes } from "@imagefleet/core/plan";
import { type Recipe, whyNotASource } from "@imagefleet/core/recipe";
import { listPages, SourceStore, saveContent } from "@imagefleet/core/store";
import { connect } from "../connection/connect.ts";
import type { ConnectionOptions } from "../connection/options.ts";
import { collect } from "../files/input/collect.ts";
import { besideText } from "../files/input/found-text.ts";
import { UsageError } from "../usage-error.ts";
import { Reservoir } from "./reservoir.ts";

/** A source of the sample. A file of a bucket is there until the next one is asked for. */
export interface SampleFile {
  readonly path: string;
  readonly key: string;
  readonly bytes: number;
}

/** All sources; `bytes` is their sum. */
export interface Material {
  readonly sources: number;
  readonly bytes: number;
  /** Sources for the large lane by their bytes alone. */
  readonly large: number;
}

/** The sources, and the files of a sample, which are removed on disposal. */
export interface Found extends AsyncDisposable {
  readonly material: Material;
  /** A note on skipped files and followed links; empty when there is nothing to report. */
  readonly beside: string;
  readonly sample: AsyncIterable<SampleFile>;
}

export interface SampleOptions {
  readonly connection: ConnectionOptions;
  readonly cwd: string;
  readonly recipe: Recipe;
  /** The most sources of the sample. */
  readonly size: number;
  readonly onCount: (sources: number) => void;
}

/**
 * A random sample of the sources in files and folders, or below one prefix of a bucket.
 *
 * @param targets paths, or one `s3://bucket/prefix`
 * @throws UsageError when they are both or contain no source
 */
export async function sampleOf(targets: readonly string[], options: SampleOptions): Promise<Found> {
  const { connection, cwd, recipe, size, onCount } = options;
  const bucket = bucketOf(targets);
  return bucket
    ? fromBucket(bucket, connection, recipe, size, onCount)
    : fromFiles(targets, cwd, recipe, size);
}

function bucketOf(targets: readonly string[]) {
  const s3 = targets.filter((target) => target.startsWith("s3://"));
  if (s3.length === 0) return undefined;
  const [, bucket = "", prefix = ""] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(s3[0] ?? "") ?? [];
  if (targets.length > 1 || bucket === "") {
    throw new UsageError(
      `${targets.join(" ")}: write one s3://bucket/prefix, or files and folders`,
    );
  }
  return { bucket, prefix };
}

async function fromFiles(
  paths: readonly string[],
  cwd: string,
  recipe: Recipe,
  size: number,
): Promise<Found> {
  const collected = await collect(paths, cwd);
  const sample = new Reservoir<SampleFile>(size, Math.random);
  const material = { sources: 0, bytes: 0, large: 0 };
  for (const { file, key, bytes } of collected.sources) {
    add(material, bytes, recipe);
    sample.add({ path: file, key, bytes });
  }
  return {
    material,
    beside: besideText(collected),
    sample: each(sample.sample),
    async [Symbol.asyncDispose]() {},
  };
}

/** The sample is downloaded one by one. */
async function fromBucket(
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  connection: ConnectionOptions,
  recipe: Recipe,
  size: number,
  onCount: (sources: number) => void,
): Promise<Found> {
  const fleet = await connect({ ...connection, sourceBucket: bucket });
  await fleet.bucket("sourceBucket", `s3://${bucket}/${prefix}`);
  const sample = new Reservoir<{ key: string; bytes: number }>(size, Math.random);
  const material = { sources: 0, bytes: 0, large: 0 };
  for await (const page of listPages(fleet.s3, bucket, { prefix })) {
    for (const { key, bytes } of page) {
      if (whyNotASource(recipe, key) !== undefined) continue;
      add(material, bytes, recipe);
      sample.add({ key, bytes });
    }
    onCount(material.sources);
  }
  if (material.sources === 0) {
    throw new UsageError(
      `s3://${bucket}/${prefix} contains no source that the recipe selects: name another prefix`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-sample-"));
  const store = new SourceStore(fleet.s3);
  return {
    material,
    beside: "",
    sample: (async function* () {
      const path = join(folder, "sample");
      const signal = new AbortController().signal;
      for (const { key, bytes } of sample.sample) {
        const answer = await store.open(bucket, key, { signal });
        if (answer.kind !== "open") continue;
        await saveContent(answer.source, path, signal);
        yield { path, key, bytes };
      }
    })(),
    async [Symbol.asyncDispose]() {
      fleet[Symbol.dispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function add(
  material: { sources: number; bytes: number; large: number },
  bytes: number,
  recipe: Recipe,
) {
  material.sources++;
  material.bytes += bytes;
  if (laneByBytes(recipe, bytes) === "large") material.large++;
}

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}
