import { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import { parseMessage } from "@imagefleet/core/intake";
import { invalidate, invalidationPaths } from "@imagefleet/core/invalidation";
import { sourcePath } from "@imagefleet/core/plan";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import { createLog } from "@imagefleet/core/telemetry";
import shippedRecipe from "@imagefleet/workspace/recipe";
import type { SQSBatchResponse } from "aws-lambda";
import { readEvent } from "../event.ts";
import { readEnv } from "./env.ts";

/**
 * Of more paths than these, one is made that covers all renditions. CloudFront has 15 paths with a
 * wildcard in progress at once, and takes up to a minute or so for each lot.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/InvalidationLimits.html
 */
const MAX_PATHS = 60;

/** The time to answer after CloudFront has been given up, ms. */
const ANSWER_MS = 5_000;

const env = readEnv();
const log = createLog("invalidate", env.IMAGEFLEET_LOG_LEVEL);
const recipe =
  env.IMAGEFLEET_RECIPE === undefined ? shippedRecipe : await loadRecipe(env.IMAGEFLEET_RECIPE);
// CloudFront's API is in one region. https://docs.aws.amazon.com/general/latest/gr/cf_region.html
const client = new CloudFrontClient({ region: "us-east-1" });

/**
 * Lambda's handler: makes the edges forget the renditions of a batch of sources, and returns the ids of
 * the messages to retry.
 */
export async function handler(
  event: unknown,
  context: { getRemainingTimeInMillis(): number },
): Promise<SQSBatchResponse> {
  const { messages, unreadable } = readEvent(event);
  const failed = [...unreadable];
  const keys = new Set<string>();
  const asked: string[] = [];
  for (const { id, body } of messages) {
    const intake = parseMessage(body);
    if (intake.kind === "jobs") {
      asked.push(id);
      for (const { key } of intake.jobs) keys.add(key);
    } else failed.push(id);
  }
  if (failed.length > 0) log.error({ failed }, "messages are no jobs, and will be dead letters");
  // Without a source, the paths would still be those of all ad-hoc sizes.
  if (asked.length === 0) return failures(failed);
  const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - ANSWER_MS));
  const paths = pathsOf([...keys]);
  try {
    const distributionId = env.IMAGEFLEET_DISTRIBUTION_ID;
    await invalidate({ client, distributionId, paths, wait: false, signal });
    log.info({ sources: keys.size, paths: paths.length }, "invalidated");
  } catch (error) {
    log.error({ err: error, sources: keys.size }, "could not invalidate: it is retried");
    failed.push(...asked);
  }
  return failures(failed);
}

function failures(ids: readonly string[]): SQSBatchResponse {
  return { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) };
}

function pathsOf(keys: readonly string[]): string[] {
  const sources = keys.map((key) => ({ path: sourcePath(recipe, key), prefix: undefined }));
  const paths = invalidationPaths(recipe, sources);
  if (paths.length <= MAX_PATHS) return paths;
  return invalidationPaths(recipe, [{ path: "", prefix: recipe.source.prefix }]);
}
