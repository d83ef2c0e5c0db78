import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { CloudFrontClient } from "@aws-sdk/client-cloudfront";

/**
 * Paths with a wildcard that may be in progress at once, of all invalidations of a distribution.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/InvalidationLimits.html
 */
const MAX_WILDCARDS = 15;

/** How long an invalidation may take, and how often it is looked at, s. */
const WAIT = { maxWaitTime: 900, minDelay: 2, maxDelay: 10 } as const;

export interface Invalidation {
  readonly client: CloudFrontClient;
  readonly distributionId: string;
  /** Each ends with `*`. */
  readonly paths: readonly string[];
  /** Whether to wait until the last one has completed. All others are waited for in any case. */
  readonly wait: boolean;
  readonly signal: AbortSignal;
  readonly onCreated?: (id: string) => void;
}

/**
 * Invalidates paths in a distribution, as many at once as CloudFront allows.
 *
 * @throws Error when one has not completed after 15 minutes, or after an abort
 *
 * @example
 * import { CloudFrontClient } from "@aws-sdk/client-cloudfront";
 *
 * const client = new CloudFrontClient({ region: "us-east-1" });
 * const paths = invalidationPaths(recipe, [{ path: "cats/tom.jpg", prefix: undefined }]);
 * await invalidate({ client, distributionId: "E1ABC", paths, wait: true, signal });
 */
export async function invalidate(given: Invalidation): Promise<void> {
  const { client, distributionId: DistributionId, paths, signal, wait } = given;
  const { waitUntilInvalidationCompleted } = await import("@aws-sdk/client-cloudfront");
  for (let from = 0; from < paths.length; from += MAX_WILDCARDS) {
    const id = await create(given, paths.slice(from, from + MAX_WILDCARDS));
    given.onCreated?.(id);
    if (!wait && from + MAX_WILDCARDS >= paths.length) return;
    await waitUntilInvalidationCompleted(
      { client, abortSignal: signal, ...WAIT },
      { DistributionId, Id: id },
    );
  }
}

/** Creates an invalidation. While others of the distribution take up the limit, it waits for them. */
async function create(
  { client, distributionId: DistributionId, signal }: Invalidation,
  Items: string[],
): Promise<string> {
  const { CreateInvalidationCommand } = await import("@aws-sdk/client-cloudfront");
  const InvalidationBatch = {
    CallerReference: randomUUID(),
    Paths: { Quantity: Items.length, Items },
  };
  const command = new CreateInvalidationCommand({ DistributionId, InvalidationBatch });
  const until = performance.now() + WAIT.maxWaitTime * 1000;
  for (;;) {
    try {
      const { Invalidation } = await client.send(command, { abortSignal: signal });
      return Invalidation?.Id ?? "";
    } catch (error) {
      const isFull = error instanceof Error && error.name === "TooManyInvalidationsInProgress";
      if (!isFull || performance.now() > until) throw error;
      await pause(WAIT.minDelay * 1000, undefined, { signal });
    }
  }
}
