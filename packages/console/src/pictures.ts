import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { statusOf } from "@imagefleet/core/aws";
import { Scratch, SourceStore } from "@imagefleet/core/store";
import { Tinypool } from "tinypool";
import * as v from "valibot";

/** The largest source that is downloaded for a preview, bytes: as much as the function takes ten of. */
const MAX_SOURCE_BYTES = 200 * 1000 * 1000;

/** The longest that a preview may take, ms. */
const PREVIEW_MS = 45_000;

/** Previews in memory: about fifty kilobytes each. */
const KEPT_PREVIEWS = 300;

/** The types of renditions. SVG is not one of them: it is never sent to the page. */
const TYPES: Readonly<Record<string, string>> = {
  avif: "image/avif",
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
};

/** A picture for the page, or why it cannot be shown. */
export type Picture =
  | {
      readonly data: Uint8Array<ArrayBuffer>;
      readonly type: string;
      readonly damaged: string | null;
    }
  | { readonly error: string; readonly status: 404 | 422 };

const previewSchema = v.union([
  v.object({ data: v.instance(Uint8Array<ArrayBuffer>), damaged: v.nullable(v.string()) }),
  v.object({ error: v.string() }),
]);

/** What the pictures of the page are read from. */
export interface Buckets {
  readonly s3: S3Client;
  source(): Promise<string>;
  renditions(): Promise<string>;
}

/** Shows sources and renditions. A source is never sent as it is: the page gets a rendition of it. */
export class Pictures implements AsyncDisposable {
  readonly #buckets: Buckets;
  readonly #sources: SourceStore;
  readonly #kept = new Map<string, Promise<Picture>>();
  #folder: Promise<string> | undefined;
  /** Processes that decode, without the variables that hold credentials. One that hangs or dies is replaced. */
  #pool: Tinypool | undefined;

  constructor(buckets: Buckets) {
    this.#buckets = buckets;
    this.#sources = new SourceStore(buckets.s3);
  }

  /** A preview of a source. @param etag of its content, for which the preview is kept */
  preview(key: string, etag: string): Promise<Picture> {
    const name = JSON.stringify([key, etag]);
    const kept = this.#kept.get(name) ?? this.#render(key);
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    // What failed for a moment may be read the next time.
    kept.catch(() => this.#kept.delete(name));
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_PREVIEWS) break;
      this.#kept.delete(oldest);
    }
    return kept;
  }

  /** A rendition, as it is stored. */
  async rendition(key: string): Promise<Picture> {
    const type = TYPES[/\.(\w+)$/.exec(key)?.[1]?.toLowerCase() ?? ""];
    if (type === undefined) return { error: `${key} is not the key of a rendition`, status: 404 };
    try {
      const Bucket = await this.#buckets.renditions();
      const { Body: body } = await this.#buckets.s3.send(
        new GetObjectCommand({ Bucket, Key: key }),
      );
      if (body === undefined) return { error: "S3 answered without a body", status: 422 };
      return { data: new Uint8Array(await body.transformToByteArray()), type, damaged: null };
    } catch (error) {
      if (statusOf(error) === 404) return { error: `there is no rendition ${key}`, status: 404 };
      throw error;
    }
  }

  async #render(key: string): Promise<Picture> {
    const signal = AbortSignal.timeout(PREVIEW_MS);
    const answer = await this.#sources.open(await this.#buckets.source(), key, { signal });
    if (answer.kind !== "open") return { error: `there is no source ${key}`, status: 404 };
    const { bytes, body, archived } = answer.source;
    if (archived || bytes > MAX_SOURCE_BYTES) {
      body.destroy();
      const why = archived
        ? "the source is archived: restore it in S3 to see it"
        : `the source has ${bytes} bytes: a preview is made of ${MAX_SOURCE_BYTES} at most`;
      return { error: why, status: 422 };
    }
    this.#folder ??= mkdtemp(join(tmpdir(), "imagefleet-console-"));
    this.#pool ??= new Tinypool({
      filename: import.meta.resolve("./preview-child.ts"),
      runtime: "child_process",
      minThreads: 0,
      maxThreads: 2,
      idleTimeout: 30_000,
      serialization: "advanced",
      env: {},
    });
    const pool = this.#pool;
    const scratch = new Scratch(await this.#folder);
    return scratch.withFile(bytes, signal, async ({ path, written }) => {
      await pipeline(body, createWriteStream(path), { signal });
      written();
      const made = v.parse(previewSchema, await pool.run({ path }, { signal }));
      if ("error" in made) return { ...made, status: 422 };
      return { ...made, type: "image/webp" };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool?.destroy();
    if (this.#folder) await rm(await this.#folder, { recursive: true, force: true });
  }
}
