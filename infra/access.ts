import type { Fleet } from "./context.ts";
import type { Stores } from "./storage.ts";

type Permissions = sst.aws.FunctionArgs["permissions"];
type Permission = Exclude<
  Permissions,
  undefined | $util.Output<unknown> | Promise<unknown>
>[number];

/** The KMS keys that the two buckets are encrypted with, without duplicates. */
export function keysOf({ source, renditions }: Stores): $util.Input<string>[] {
  return [...new Set([source.key, renditions.key])].filter((key) => key !== undefined);
}

/** The further permission that reading an object needs where a KMS key is used. */
export function decrypting({ settings }: Fleet, stores: Stores) {
  const readable = [...keysOf(stores), ...settings.formerKeys];
  return readable.length > 0 ? [{ actions: ["kms:Decrypt"], resources: readable }] : [];
}

/** The key of the table and of the topic, besides those of the buckets: both may be theirs. */
export function using(key: $util.Input<string> | undefined, ...actions: string[]): Permission[] {
  return key === undefined ? [] : [{ actions, resources: [key] }];
}

/** What a reconcile, which both lanes run, does to renditions. */
export const RECONCILING = [
  "s3:GetObject",
  "s3:PutObject",
  "s3:PutObjectTagging",
  "s3:DeleteObject",
];

/** The S3 permissions of a program: it reads sources, and does this to renditions. */
export function storeAccess(fleet: Fleet, stores: Stores, actions: string[]): Permission[] {
  const { source, renditions } = stores;
  const { recipe } = fleet;
  return [
    {
      actions: ["s3:GetObject"],
      resources: [$interpolate`${source.arn}/${recipe.source.prefix}*`],
    },
    {
      actions,
      resources: [$interpolate`${renditions.arn}/${recipe.output.prefix}*`],
    },
    // Never called. Without it, S3 answers 403 rather than 404 for a missing key, and a deleted source
    // could not be distinguished from one that must not be read.
    { actions: ["s3:ListBucket"], resources: [source.arn, renditions.arn] },
    ...decrypting(fleet, stores),
    ...(renditions.key ? [{ actions: ["kms:GenerateDataKey"], resources: [renditions.key] }] : []),
  ];
}

/** The permissions of a program that drains a lane, which also requeues messages. */
export function draining(queue: sst.aws.Queue, ...more: string[]): Permission {
  const actions = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:SendMessage",
  ];
  return { actions: [...actions, ...more], resources: [queue.arn] };
}

/** The permissions with which Lambda polls a queue for a function. */
export function polling(queue: sst.aws.Queue): Permission {
  // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  const actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
  return { actions, resources: [queue.arn] };
}

export function sending(queue: sst.aws.Queue): Permission {
  return { actions: ["sqs:SendMessage"], resources: [queue.arn] };
}
