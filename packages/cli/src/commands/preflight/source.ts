import {
  GetBucketNotificationConfigurationCommand,
  type GetBucketNotificationConfigurationCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { askFor, type Check } from "../../check/check.ts";
import type { StageSettings } from "../../connection/stage/settings.ts";

const NAME = "notifications of the source bucket";
/** What the fleet's own notification is called. */
const OURS = "imagefleet";

/** What stands on a bucket that is there already, and what a deployment would do to it. */
export function sourceChecks(
  s3: S3Client,
  source: StageSettings["source"],
): Promise<readonly Check[]> {
  if (source === "new") {
    const says = "The stage makes a bucket of its own.";
    return Promise.resolve([{ name: NAME, state: "none", says }]);
  }
  const { bucket: Bucket, notifications } = source;
  return askFor(NAME, "s3:GetBucketNotification", async () => {
    try {
      const there = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
      return [judged(Bucket, notifications, there)];
    } catch (error) {
      if (!(error instanceof Error && error.name === "NoSuchBucket")) throw error;
      const says = `There is no bucket ${Bucket}.`;
      const fix = 'Make it, or correct source in infra/settings.ts; source: "new" makes one.';
      return [{ name: NAME, state: "wrong", says, fix }];
    }
  });
}

function judged(
  bucket: string,
  notifications: "replace" | "by-hand" | "eventbridge",
  there: GetBucketNotificationConfigurationCommandOutput,
): Check {
  const isByRule = there.EventBridgeConfiguration !== undefined;
  if (notifications === "eventbridge" && !isByRule) {
    const says = `The bucket ${bucket} does not send its events to EventBridge, and notifications is "eventbridge": no upload would be heard of.`;
    const fix = "Turn Amazon EventBridge on in the bucket's properties.";
    return { name: NAME, state: "wrong", says, fix };
  }
  const others = othersOf(there);
  if (notifications === "replace" && others.length > 0) {
    const says = `The deployment would remove from ${bucket}: ${others.join("; ")}.`;
    const fix =
      'Write notifications: "eventbridge" or "by-hand" instead, or remove these first if nobody needs them.';
    return { name: NAME, state: "wrong", says, fix };
  }
  const says = {
    replace: `The deployment sets the notification of ${bucket}, and removes nobody's.`,
    "by-hand": `The deployment leaves the notifications of ${bucket} as they are; you add the queue's yourself.`,
    eventbridge: `The bucket ${bucket} sends its events to EventBridge: nothing on it changes.`,
  }[notifications];
  return { name: NAME, state: "ok", says };
}

/** What is not the fleet's own, for a person. */
function othersOf(there: GetBucketNotificationConfigurationCommandOutput): string[] {
  const all = [
    ...(there.QueueConfigurations ?? []).map(({ Id, QueueArn }) => [Id, QueueArn] as const),
    ...(there.TopicConfigurations ?? []).map(({ Id, TopicArn }) => [Id, TopicArn] as const),
    ...(there.LambdaFunctionConfigurations ?? []).map(
      ({ Id, LambdaFunctionArn }) => [Id, LambdaFunctionArn] as const,
    ),
  ];
  return [
    ...all.filter(([id]) => id !== OURS).map(([id, arn]) => `${id ?? "a notification"} to ${arn}`),
    ...(there.EventBridgeConfiguration === undefined ? [] : ["the delivery to EventBridge"]),
  ];
}
