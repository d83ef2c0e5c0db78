import type { Fleet } from "./context.ts";
import type { Stores } from "./storage.ts";

type Permissions = sst.aws.FunctionArgs["permissions"];
type Permission = Exclude<
  Permissions,
  undefined | $util.Output<unknown> | Promise<unknown>
>[number];

/** The keys of KMS that both buckets are encrypted with, each once. */
export function keysOf({ source, renditions }: Stores): $util.Input<string>[] {
  return [...new Set([source.key, renditions.key])].filter((key) => key !== undefined);
}

/** What reading an object needs besides, where a key of KMS was chosen. */
export function decrypting({ settings }: Fleet, stores: Stores) {
  const readable = [...keysOf(stores), ...settings.formerKeys];
  return readable.length > 0 ? [{ actions: ["kms:Decrypt"], resources: readable }] : [];
}

/** What a reconcile does to the store, in both lanes. */
export function storeAccess(fleet: Fleet, stores: Stores): Permission[] {
  const { source, renditions } = stores;
  const { recipe } = fleet;
  return [
    {
      actions: ["s3:GetObject"],
      resources: [$interpolate`${source.arn}/${recipe.source.prefix}*`],
    },
    {
      actions: ["s3:GetObject", "s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject"],
      resources: [$interpolate`${renditions.arn}/${recipe.output.prefix}*`],
    },
    // Never called: without it S3 answers "forbidden" for a key that is not there, and a picture that
    // was deleted could not be told from one that may not be read.
    { actions: ["s3:ListBucket"], resources: [source.arn, renditions.arn] },
    ...decrypting(fleet, stores),
    ...(renditions.key ? [{ actions: ["kms:GenerateDataKey"], resources: [renditions.key] }] : []),
  ];
}

/** What drains a lane does: also sends again what could not be begun, as if it were new. */
export function draining(queue: sst.aws.Queue, ...more: string[]): Permission {
  const actions = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:SendMessage",
  ];
  return { actions: [...actions, ...more], resources: [queue.arn] };
}

export function sending(queue: sst.aws.Queue): Permission {
  return { actions: ["sqs:SendMessage"], resources: [queue.arn] };
}
