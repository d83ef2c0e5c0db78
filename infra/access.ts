import recipe from "../recipe.ts";
import { key } from "./encryption.ts";
import { settings } from "./stage.ts";
import { renditions, source } from "./storage.ts";

type Permissions = sst.aws.FunctionArgs["permissions"];
type Permission = Exclude<
  Permissions,
  undefined | $util.Output<unknown> | Promise<unknown>
>[number];

/** What sources may be encrypted with, and what is written is. */
const theirs = settings.source === "new" ? undefined : settings.source.kmsKeyArn;
const readable = [...(key ? [key.arn] : []), ...(theirs ? [theirs] : [])];

/** What reading an object needs besides, where a key of KMS was chosen. */
export const decrypting =
  readable.length > 0 ? [{ actions: ["kms:Decrypt"], resources: readable }] : [];

/** What a reconcile does to the store, in both lanes. */
export const storeAccess: Permission[] = [
  { actions: ["s3:GetObject"], resources: [$interpolate`${source.arn}/${recipe.source.prefix}*`] },
  {
    actions: ["s3:GetObject", "s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject"],
    resources: [$interpolate`${renditions.arn}/${recipe.output.prefix}*`],
  },
  // Never called: without it S3 answers "forbidden" for a key that is not there, and a picture that
  // was deleted could not be told from one that may not be read.
  { actions: ["s3:ListBucket"], resources: [source.arn, renditions.arn] },
  ...decrypting,
  ...(key ? [{ actions: ["kms:GenerateDataKey"], resources: [key.arn] }] : []),
];

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
