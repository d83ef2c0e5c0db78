import { createS3 } from "@imagefleet/core/aws";
import { openTable, type ProjectContext, project, publishTo } from "@imagefleet/core/catalog";
import { type Notice, parseMessage, parseNotice } from "@imagefleet/core/intake";
import { sourceOfManifest } from "@imagefleet/core/plan";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import { createLog } from "@imagefleet/core/telemetry";
import { uploadKeys } from "@imagefleet/core/uploads";
import shippedRecipe from "@imagefleet/workspace/recipe";
import type { SQSBatchResponse } from "aws-lambda";
import pLimit from "p-limit";
import { readEvent } from "../event.ts";
import { readEnv } from "./env.ts";

/** Images that are looked at at once: each waits for S3, DynamoDB and SNS. */
const AT_ONCE = 16;

/** The time to answer after the calls have been given up, ms. */
const ANSWER_MS = 3_000;

const env = readEnv();
const log = createLog("catalog", env.IMAGEFLEET_LOG_LEVEL);
const recipe =
  env.IMAGEFLEET_RECIPE === undefined ? shippedRecipe : await loadRecipe(env.IMAGEFLEET_RECIPE);
const client = { region: env.AWS_REGION, endpoint: env.AWS_ENDPOINT_URL };
const s3 = createS3(client);
const context: ProjectContext = {
  recipe,
  uploads: uploadKeys(env.IMAGEFLEET_UPLOAD_KEY, recipe.source.prefix),
  imagesUrl: env.IMAGEFLEET_IMAGES_URL,
  table: openTable(env.IMAGEFLEET_TABLE, client),
  renditions: new RenditionStore(s3, env.IMAGEFLEET_RENDITION_BUCKET),
  sources: new SourceStore(s3),
  sourceBucket: env.IMAGEFLEET_SOURCE_BUCKETS,
  publish: publishTo(
    { topicArn: env.IMAGEFLEET_TOPIC_ARN, eventBus: env.IMAGEFLEET_EVENT_BUS },
    client,
  ),
};

/** What the messages of a batch say about one image. */
interface Asked {
  readonly ids: string[];
  /** The latest notice, if there is one. */
  notice: Notice | undefined;
}

/**
 * Lambda's handler: brings the items of a batch of images up to date with their manifests, and returns
 * the ids of the messages to retry. The messages of one image are handled together.
 */
export async function handler(
  event: unknown,
  lambda: { getRemainingTimeInMillis(): number },
): Promise<SQSBatchResponse> {
  const { messages, unreadable } = readEvent(event);
  const failed = [...unreadable];
  const asked = new Map<string, Asked>();
  for (const { id, body } of messages) {
    const notices = noticesOf(body);
    if (notices === undefined) failed.push(id);
    for (const { key, notice } of notices ?? []) {
      const one = asked.get(key) ?? { ids: [], notice: undefined };
      one.ids.push(id);
      if (notice && (one.notice === undefined || one.notice.at <= notice.at)) one.notice = notice;
      asked.set(key, one);
    }
  }
  if (failed.length > 0)
    log.error({ failed }, "messages are not understood, and will be dead letters");
  const signal = AbortSignal.timeout(Math.max(0, lambda.getRemainingTimeInMillis() - ANSWER_MS));
  await pLimit(AT_ONCE).map(asked, async ([key, { ids, notice }]) => {
    try {
      await project({ key, ...(notice && { notice }) }, context, signal);
    } catch (error) {
      log.error(
        { err: error, key },
        "an image's item could not be brought up to date: it is retried",
      );
      failed.push(...ids);
    }
  });
  return {
    batchItemFailures: [...new Set(failed)].map((itemIdentifier) => ({ itemIdentifier })),
  };
}

/** The images that a message is about; undefined if it is neither an event of S3 nor a notice. */
function noticesOf(body: string): { key: string; notice: Notice | undefined }[] | undefined {
  const notice = parseNotice(body);
  if (notice) {
    const isOurs = notice.bucket === env.IMAGEFLEET_SOURCE_BUCKETS;
    return isOurs ? [{ key: notice.key, notice }] : undefined;
  }
  const intake = parseMessage(body);
  if (intake.kind === "ignored") return [];
  if (intake.kind === "malformed") return undefined;
  return intake.jobs.flatMap(({ bucket, key }) => {
    const source = sourceOfManifest(recipe, key);
    const isManifest = bucket === env.IMAGEFLEET_RENDITION_BUCKET && source !== undefined;
    return isManifest ? [{ key: source, notice: undefined }] : [];
  });
}
