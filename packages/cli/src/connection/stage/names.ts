import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { ListQueuesCommand } from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { UsageError } from "../../usage-error.ts";
import { readConnectionEnv } from "../env.ts";
import { connectionError } from "../errors.ts";
import { namesOf, RESOURCE_NAMES, RESOURCES, type Resource } from "../names.ts";
import type { ConnectionOptions } from "../options.ts";
import { targetOf } from "../target.ts";
import type { StageSettings } from "./settings.ts";

/** What SST makes of each resource's name: app and stage before it, some letters of its own after it. */
const ENDINGS: Readonly<Record<Resource, string>> = {
  sourceBucket: "sourcebucket",
  renditionBucket: "renditionsbucket",
  smallQueue: "SmallQueue",
  smallDlq: "SmallDlqQueue",
  largeQueue: "LargeQueue",
  largeDlq: "LargeDlqQueue",
};

/** What every name of a stage's resources begins with. */
export function stagePrefix({ app }: StageSettings, stage: string): string {
  return `${app}-${stage}-`;
}

/** What every name of a fleet's resources begins with, the fleet's own name in the app too. */
export function fleetPrefix(settings: StageSettings, stage: string, smallQueue: string): string {
  const [own] = nameOf(smallQueue).split(ENDINGS.smallQueue);
  const prefix = stagePrefix(settings, stage);
  return own?.startsWith(prefix) ? own : prefix;
}

/** Is it a name of that very stage? Of `prod`, `prod-2` is another. */
export function isOfStage(name: string, prefix: string, ending: string): boolean {
  if (!name.startsWith(prefix)) return false;
  return new RegExp(`^[a-z0-9]*${ending}(-[a-z0-9]+)?$`, "i").test(name.slice(prefix.length));
}

/**
 * The options of a connection with every resource of a stage named: those that were named keep their
 * names, the others are found by what SST calls them.
 *
 * @throws WrongUse naming what was not found, and how to name it
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
  const s3 = createS3(target.clients.S3);
  const sqs = createSqs(target.clients.SQS);
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
    const there = {
      queues: missing.every(isBucket) ? [] : await urls(),
      buckets: missing.some(isBucket) ? await buckets() : [],
    };
    const found = missing.map((resource) => {
      if (resource === "sourceBucket" && own !== undefined) return [resource, own] as const;
      const named = isBucket(resource)
        ? there.buckets.filter((name) => isOfStage(name, prefix.toLowerCase(), ENDINGS[resource]))
        : there.queues.filter((url) => isOfStage(nameOf(url), prefix, ENDINGS[resource]));
      return [resource, theOne(named, resource, stage, target.where)] as const;
    });
    return { ...options, region, isDeployed: true, ...Object.fromEntries(found) };
  } catch (error) {
    throw connectionError(error, target.where);
  } finally {
    s3.destroy();
    sqs.destroy();
  }
}

function theOne(
  named: readonly string[],
  resource: Resource,
  stage: string,
  where: string,
): string {
  const [only, ...others] = named;
  if (only !== undefined && others.length === 0) return only;
  const { flag } = RESOURCES[resource];
  throw new UsageError(
    only === undefined
      ? `--stage ${stage}: nothing at ${where} is named like its ${ENDINGS[resource]}: is the stage deployed to this account and region? Else name it with ${flag}`
      : `--stage ${stage}: ${named.join(" and ")} are both named like its ${ENDINGS[resource]}: choose one with ${flag}`,
  );
}

function nameOf(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}
