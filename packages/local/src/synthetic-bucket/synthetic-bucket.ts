import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { manifestPattern, renditionPatterns } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import { pageOf, pathAt, type Run } from "./pages.ts";

const SOURCE_BUCKET = "imagefleet-source";
const RENDITION_BUCKET = "imagefleet-renditions";
const MOST = 1_000;
const ETAG = '"0123456789abcdef0123456789abcdef"';

/** The contents of a synthetic fleet. */
export interface SyntheticBucket {
  readonly endpoint: string;
  close(): Promise<void>;
}

export interface SyntheticBucketOptions {
  /** Sources, each with every rendition of the recipe. */
  readonly sources: number;
  /** The number of sources, from the first on, that have a manifest. */
  readonly manifests: number;
  /** Must have no widths that a source may be too small for, and no source prefix. */
  readonly recipe: Recipe;
  /** The fingerprint in the manifests. */
  readonly fingerprint: string;
}

/**
 * Serves synthetic buckets: listings and manifests are created per request, so that a million objects
 * take no storage. It has only the read operations of S3 and SQS that a viewer uses.
 */
export async function startSyntheticBucket(
  options: SyntheticBucketOptions,
): Promise<SyntheticBucket> {
  const runs = runsOf(options);
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const [, bucket = "", ...rest] = url.pathname.split("/");
    const key = decodeURIComponent(rest.join("/"));
    if (request.method === "POST") {
      response.setHeader("content-type", "application/x-amz-json-1.0");
      response.end(await answerSqs(request, `http://${request.headers.host}`));
    } else if (url.searchParams.has("list-type")) {
      response.end(listing(runs[bucket] ?? [], url.searchParams));
    } else if (key === "") {
      response.end();
    } else {
      const manifest = manifestOf(key, options);
      if (manifest === undefined) response.statusCode = 404;
      else response.setHeader("etag", ETAG);
      response.end(request.method === "HEAD" ? undefined : manifest);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function runsOf({ sources, manifests, recipe }: SyntheticBucketOptions): Record<string, Run[]> {
  const own = [
    { ...manifestPattern(recipe), count: manifests },
    ...renditionPatterns(recipe).map((frame) => ({ ...frame, count: sources })),
  ];
  return {
    [SOURCE_BUCKET]: [{ before: "", after: "", count: sources }],
    [RENDITION_BUCKET]: own.sort((a, b) => (a.before < b.before ? -1 : 1)),
  };
}

function listing(runs: readonly Run[], query: URLSearchParams): string {
  const prefix = query.get("prefix") ?? "";
  const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
  const { keys, isTruncated } = pageOf(runs, { prefix, after, most: MOST });
  const contents = keys.map(
    (key) =>
      `<Contents><Key>${encodeURIComponent(key)}</Key><LastModified>2026-11-21T12:00:00.000Z</LastModified><ETag>${ETAG.replaceAll('"', "&quot;")}</ETag><Size>1000</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  );
  const next = isTruncated ? `<NextContinuationToken>${keys.at(-1)}</NextContinuationToken>` : "";
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType><KeyCount>${keys.length}</KeyCount><IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`;
}

function manifestOf(
  key: string,
  { recipe, fingerprint, manifests }: SyntheticBucketOptions,
): string | undefined {
  const { before, after } = manifestPattern(recipe);
  const path = key.slice(before.length, key.length - after.length);
  const number = Number.parseInt(path, 10);
  if (!key.startsWith(before) || pathAt(number) !== path || number >= manifests) return undefined;
  return JSON.stringify({
    version: 1,
    revision: key,
    seq: 1,
    source: { bucket: SOURCE_BUCKET, key: path, etag: ETAG, bytes: 1_000 },
    recipe: fingerprint,
    renditions: renditionPatterns(recipe).map((frame) => ({
      preset: "one",
      key: frame.before + path + frame.after,
      width: 1,
      height: 1,
      format: "webp",
      bytes: 1_000,
      etag: ETAG,
      fingerprint: "one",
    })),
    stale: [],
    at: "2026-11-21T12:00:00.000Z",
  });
}

async function answerSqs(request: IncomingMessage, endpoint: string): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  if (request.headers["x-amz-target"] === "AmazonSQS.GetQueueUrl") {
    const [, name = ""] = /"QueueName":"([^"]*)"/.exec(body) ?? [];
    return JSON.stringify({ QueueUrl: `${endpoint}/000000000000/${name}` });
  }
  return JSON.stringify({ Attributes: { ApproximateNumberOfMessages: "0" } });
}
