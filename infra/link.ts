import { keysOf } from "./access.ts";
import { BY_USER } from "./catalog.ts";
import type { Fleet } from "./context.ts";
import type { Programs } from "./dashboard.ts";
import type { Lanes } from "./queues.ts";
import type { Stores } from "./storage.ts";

export type Link = ReturnType<typeof linkOf>;

/**
 * What a linked function gets: the names of the resources, and permission to upload sources and read
 * renditions and the table; with `delivery.adhoc` in the recipe, the key to sign addresses with.
 */
export function linkOf(
  { recipe, settings }: Fleet,
  stores: Stores,
  { small, large }: Lanes,
  { catalog, uploads }: Pick<Programs, "catalog" | "uploads">,
  signingKey: $util.Output<string> | undefined,
) {
  const { source, renditions } = stores;
  const keys = keysOf(stores);
  return {
    properties: {
      sourceBucket: source.name,
      renditionBucket: renditions.name,
      smallQueue: small.queue.url,
      smallDlq: small.dlq.url,
      largeQueue: large.queue.url,
      largeDlq: large.dlq.url,
      ...(signingKey && { signingKey }),
      ...(catalog && { tableName: catalog.table.name, topicArn: catalog.topicArn }),
      ...(uploads && { apiUrl: uploads.api.url }),
      // For `imagefleet catalog`, which reads users and ids from the keys of uploads.
      ...(settings.uploads !== "none" && { uploadKey: settings.uploads.key }),
    },
    include: [
      sst.aws.permission({
        actions: ["s3:PutObject"],
        resources: [$interpolate`${source.arn}/${recipe.source.prefix}*`],
      }),
      sst.aws.permission({
        actions: ["s3:GetObject"],
        resources: [$interpolate`${renditions.arn}/${recipe.output.prefix}*`],
      }),
      ...(catalog
        ? [
            sst.aws.permission({
              actions: ["dynamodb:GetItem", "dynamodb:Query"],
              resources: [catalog.table.arn, $interpolate`${catalog.table.arn}/index/${BY_USER}`],
            }),
          ]
        : []),
      ...(keys.length > 0
        ? [sst.aws.permission({ actions: ["kms:GenerateDataKey", "kms:Decrypt"], resources: keys })]
        : []),
    ],
  };
}
