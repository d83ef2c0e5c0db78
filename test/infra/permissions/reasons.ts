import type { Role } from "./recorded.ts";

/** A grant that stands outside of what was recorded, and why it is right so. */
export interface Reason {
  readonly roles: readonly Role[];
  readonly grant: string;
  readonly why: string;
}

const ABSENCE =
  "never called: without it S3 answers 403 for a missing key, and a deleted source could not be distinguished from one that must not be read ([HeadObject](https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html))";

/** People do that in the console: no command reads these dead letters. */
function redrive(grant: string): Reason {
  const why =
    "[a redrive](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html) in the SQS console";
  return { roles: ["operator"], grant, why };
}

/** Granted, and no call of its own. */
export const UNUSED: readonly Reason[] = [
  ...["source", "renditions"].map(
    (bucket): Reason => ({
      roles: ["function", "deliver", "catalog", "worker"],
      grant: `s3:ListBucket ${bucket}`,
      why: ABSENCE,
    }),
  ),
  ...["invalidations", "catalog"].flatMap((queue): Reason[] => [
    ...[
      "StartMessageMoveTask",
      "CancelMessageMoveTask",
      "ListMessageMoveTasks",
      "ReceiveMessage",
      "DeleteMessage",
      "GetQueueAttributes",
    ].map((action) => redrive(`sqs:${action} ${queue}-dlq`)),
    redrive(`sqs:SendMessage ${queue}`),
  ]),
];

const SUGGESTION =
  "asked only when a name is wrong, to say which there are; without it the command says that it may not list them, and ends the same";

/** Called, and not granted. */
export const REFUSED: readonly Reason[] = [
  { roles: ["viewer", "operator"], grant: "sqs:ListQueues *", why: SUGGESTION },
  { roles: ["viewer", "operator"], grant: "s3:ListAllMyBuckets *", why: SUGGESTION },
];

/** Roles that no program of ours takes: what AWS's own services do with them cannot be recorded here. */
export const SERVICES: Readonly<Record<string, string>> = {
  WorkerExecutionRole: "ECS pulls the image and writes the log; no policy of ours",
  AwakeRole:
    "EventBridge Scheduler keeps queues in use that nobody polls, so that SQS reports them",
  UploadsAuthorizerRole:
    "API Gateway calls your function of `uploads.authorizer.lambda`, which alone it may invoke",
  ReplicationRole: "S3 copies versions of sources to the bucket of `replicateTo`",
};
