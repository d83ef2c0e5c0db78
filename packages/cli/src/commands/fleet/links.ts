import type { QueueFacts } from "../../connection/queue-facts.ts";
import { deployedPrefix } from "../../connection/stage/names.ts";

/** A page of AWS's console. */
export interface Link {
  readonly name: string;
  readonly url: string;
}

/**
 * The pages of the console about a deployed fleet, in the partition `aws`; in others the console has other
 * addresses.
 *
 * @param queues by name, with their URLs; the one of the small lane first
 */
export function linksOf(
  queues: readonly (QueueFacts & { readonly url: string })[],
  buckets: readonly string[],
): Link[] {
  const [small] = queues;
  const [, partition, , region = ""] = small?.arn.split(":") ?? [];
  if (small === undefined || partition !== "aws") return [];
  const console = `https://${region}.console.aws.amazon.com`;
  const prefix = deployedPrefix(small.url);
  const cloudWatch = `${console}/cloudwatch/home?region=${region}`;
  return [
    ...queues.map(({ name, url }) => ({
      name,
      url: `${console}/sqs/v3/home?region=${region}#/queues/${encodeURIComponent(url)}`,
    })),
    ...buckets.map((name) => ({
      name,
      url: `${console}/s3/buckets/${encodeURIComponent(name)}?region=${region}`,
    })),
    ...(prefix === undefined
      ? []
      : [
          {
            name: "logs",
            // The console writes $3F and $3D for the ? and the = of this page's own query.
            url: `${cloudWatch}#logsV2:log-groups$3FlogGroupNameFilter$3D${encodeURIComponent(prefix)}`,
          },
          {
            name: "alarms",
            url: `${cloudWatch}#alarmsV2:?search=${encodeURIComponent(prefix)}`,
          },
        ]),
  ];
}
