import {
  GetBucketNotificationConfigurationCommand,
  type GetBucketNotificationConfigurationCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { askFor, type Check, none, ok, problem } from "../../check/check.ts";
import type { StageSettings } from "../../connection/stage/settings.ts";

const NAME = "notifications of the source bucket";
/** The id of the fleet's own notification. */
const OURS = "imagefleet";

/** Checks what a deployment would do to the notifications of an existing bucket. */
export function sourceChecks(
  s3: S3Client,
  source: StageSettings["source"],
): Promise<readonly Check[]> {
  if (source === "new") {
    const message = "The stage creates its own bucket.";
    return Promise.resolve([none(NAME, message)]);
  }
  const { bucket: Bucket, notifications } = source;
  return askFor(NAME, "s3:GetBucketNotification", async () => {
    try {
      const configuration = await s3.send(
        new GetBucketNotificationConfigurationCommand({ Bucket }),
      );
      return [judge(Bucket, notifications, configuration)];
    } catch (error) {
      if (!(error instanceof Error && error.name === "NoSuchBucket")) throw error;
      const message = `The bucket ${Bucket} does not exist.`;
      const fix = 'Create it, or correct source in infra/settings.ts; source: "new" creates one.';
      return [problem(NAME, message, fix)];
    }
  });
}

function judge(
  bucket: string,
  notifications: "replace" | "by-hand" | "eventbridge",
  configuration: GetBucketNotificationConfigurationCommandOutput,
): Check {
  const isByRule = configuration.EventBridgeConfiguration !== undefined;
  if (notifications === "eventbridge" && !isByRule) {
    const message = `The bucket ${bucket} does not send its events to EventBridge, but notifications is "eventbridge": uploads would start no job.`;
    const fix = "Turn Amazon EventBridge on in the bucket's properties.";
    return problem(NAME, message, fix);
  }
  const others = othersOf(configuration);
  if (notifications === "replace" && others.length > 0) {
    const message = `The deployment would remove from ${bucket}: ${others.join("; ")}.`;
    const fix =
      'Set notifications to "eventbridge" or "by-hand", or remove these first if they are not needed.';
    return problem(NAME, message, fix);
  }
  const message = {
    replace: `The deployment sets the notification of ${bucket} and removes no other.`,
    "by-hand": `The deployment leaves the notifications of ${bucket} unchanged; add the one for the queue by hand.`,
    eventbridge: `The bucket ${bucket} sends its events to EventBridge; the deployment does not change it.`,
  }[notifications];
  return ok(NAME, message);
}

/** Descriptions of the notifications that are not the fleet's. */
function othersOf(configuration: GetBucketNotificationConfigurationCommandOutput): string[] {
  const all = [
    ...(configuration.QueueConfigurations ?? []).map(({ Id, QueueArn }) => [Id, QueueArn] as const),
    ...(configuration.TopicConfigurations ?? []).map(({ Id, TopicArn }) => [Id, TopicArn] as const),
    ...(configuration.LambdaFunctionConfigurations ?? []).map(
      ({ Id, LambdaFunctionArn }) => [Id, LambdaFunctionArn] as const,
    ),
  ];
  return [
    ...all.filter(([id]) => id !== OURS).map(([id, arn]) => `${id ?? "a notification"} to ${arn}`),
    ...(configuration.EventBridgeConfiguration === undefined
      ? []
      : ["the delivery to EventBridge"]),
  ];
}
