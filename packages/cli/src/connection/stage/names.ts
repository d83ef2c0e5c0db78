import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { ListQueuesCommand } from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { UsageError } from "../../usage-error.ts";
import { readConnectionEnv } from "../env.ts";
import { connectionError } from "../errors.ts";
import { namesOf, RESOURCE_NAMES, RESOURCES, type Resource } from "../names.ts";
import type { ConnectionOptions } from "../options.ts";
import { owned } from "../owned.ts";
import { targetOf } from "../target.ts";
import type { StageSettings } from "./settings.ts";

/** The middle of each resource's name. SST puts app and stage before it and a random suffix after it. */
const ENDINGS: Readonly<Record<Resource, string>> = {
  sourceBucket: "sourcebucket",
  renditionBucket: "renditionsbucket",
  smallQueue: "SmallQueue",
  smallDlq: "SmallDlqQueue",
  largeQueue: "LargeQueue",
  largeDlq: "LargeDlqQueue",
};

/** The common prefix of a stage's resource names. */
export function stagePrefix({ app }: StageSettings, stage: string): string {
  return `${app}-${stage}-`;
}

/** The common prefix of a fleet's resource names, including the name of the fleet in the app. */
export function fleetPrefix(settings: StageSettings, stage: string, smallQueue: string): string {
  const own = deployedPrefix(smallQueue);
  const prefix = stagePrefix(settings, stage);
  return own?.startsWith(prefix) ? own : prefix;
}

/** The same by the URL of the small lane's queue alone; undefined if no deployment has named it. */
export function deployedPrefix(smallQueue: string): string | undefined {
  const [own, end] = nameOf(smallQueue).split(ENDINGS.smallQueue);
  return end === undefined ? undefined : own;
}

/** True when a resource belongs to the stage: a resource of stage `prod-2` does not belong to `prod`. */
export function isOfStage(name: string, prefix: string, ending: string): boolean {
  if (!name.startsWith(prefix)) return false;
  return new RegExp(`^[a-z0-9]*${ending}(-[a-z0-9]+)?$`, "i").test(name.slice(prefix.length));
}

/**
 * Completes connection options with the resource names of a stage. Given names are kept; the others are
 * looked up by the names that SST generates.
 *
 * @throws UsageError with the resource that was not found, and its flag
 */
export async function namedByStage(
  options: ConnectionOptions,
  settings: StageSettings,
  stage: string,
): Promise<ConnectionOptions> {
  const env = readConnectionEnv();
  const region = options.region ?? settings.region;
  const given = namesOf(options, env.variables);
  const target = await targetOf({ ...options, region, isDeployed: true }, env, given);
  const prefix = stagePrefix(settings, stage);
  using s3 = owned(createS3(target.clients("S3")));
  using sqs = owned(createSqs(target.clients("SQS")));
  const urls = async () => {
    const { QueueUrls = [] } = await sqs.send(
      new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 1000 }),
    );
    return QueueUrls;
  };
  const buckets = async () => {
    const { Buckets = [] } = await s3.send(
      new ListBucketsCommand({ Prefix: prefix.toLowerCase(), MaxBuckets: 1000 }),
    );
    return Buckets.flatMap(({ Name }) => Name ?? []);
  };
  const own = settings.source === "new" ? undefined : settings.source.bucket;
  const missing = RESOURCE_NAMES.filter((resource) => given[resource] === undefined);
  const isBucket = (resource: Resource) => resource.endsWith("Bucket");
  try {
    const existing = {
      queues: missing.every(isBucket) ? [] : await urls(),
      buckets: missing.some(isBucket) ? await buckets() : [],
    };
    const found = missing.map((resource) => {
      if (resource === "sourceBucket" && own !== undefined) return [resource, own] as const;
      const named = isBucket(resource)
        ? existing.buckets.filter((name) =>
            isOfStage(name, prefix.toLowerCase(), ENDINGS[resource]),
          )
        : existing.queues.filter((url) => isOfStage(nameOf(url), prefix, ENDINGS[resource]));
      return [resource, only(named, resource, stage, target.where)] as const;
    });
    return { ...options, region, isDeployed: true, ...Object.fromEntries(found) };
  } catch (error) {
    throw connectionError(error, target.where);
  }
}

function only(named: readonly string[], resource: Resource, stage: string, where: string): string {
  const [first, ...others] = named;
  if (first !== undefined && others.length === 0) return first;
  const { flag } = RESOURCES[resource];
  throw new UsageError(
    first === undefined
      ? `--stage ${stage}: no ${ENDINGS[resource]} of it was found at ${where}. Check that the stage is deployed to this account and region, or use ${flag}`
      : `--stage ${stage}: ${named.join(" and ")} both match its ${ENDINGS[resource]}. Choose one with ${flag}`,
  );
}

function nameOf(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}
