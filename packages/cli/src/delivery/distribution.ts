import type { CloudFrontClient, DistributionSummary } from "@aws-sdk/client-cloudfront";
import { clientConfig } from "@imagefleet/core/aws";
import { owned } from "../connection/owned.ts";
import type { Target } from "../connection/target.ts";

/**
 * CloudFront has its metrics, its quotas and its certificates in this region.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
 */
export const EDGE_REGION = "us-east-1";

/** A CloudFront distribution. */
export interface Distribution {
  readonly id: string;
  readonly arn: string;
  /** By its first alias, as `https://images.example.com`, or by CloudFront's own name. */
  readonly url: string;
  /** `Deployed`, or `InProgress` while a change is on its way to the edges. */
  readonly status: string;
  readonly isEnabled: boolean;
  /** The hosts of its origins. */
  readonly origins: readonly string[];
  /** Only signed addresses and cookies are answered. */
  readonly isPrivate: boolean;
}

/** A client of CloudFront, which is loaded only when it is needed. */
export async function cloudFront(
  clients: Target["clients"],
): Promise<CloudFrontClient & Disposable> {
  const { CloudFrontClient } = await import("@aws-sdk/client-cloudfront");
  const { region = EDGE_REGION, ...options } = clients("CLOUDFRONT");
  return owned(new CloudFrontClient(clientConfig({ region, ...options })));
}

/**
 * The distributions that have a bucket as an origin, of all in the account. It needs the permission
 * `cloudfront:ListDistributions`.
 * https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListDistributions.html
 */
export async function distributionsOf(
  client: CloudFrontClient,
  bucket: string,
): Promise<Distribution[]> {
  const { paginateListDistributions } = await import("@aws-sdk/client-cloudfront");
  const found: Distribution[] = [];
  for await (const { DistributionList } of paginateListDistributions({ client }, {})) {
    found.push(...(DistributionList?.Items ?? []).filter((each) => reads(each, bucket)).map(read));
  }
  return found;
}

/** The host of a bucket as an origin is its name, `s3` and the region. */
function reads(summary: DistributionSummary, bucket: string): boolean {
  return originsOf(summary).some(
    (host) => /^\.s3[.-]/.test(host.slice(bucket.length)) && host.startsWith(bucket),
  );
}

function originsOf({ Origins }: DistributionSummary): string[] {
  return (Origins?.Items ?? []).map(({ DomainName = "" }) => DomainName);
}

function read(summary: DistributionSummary): Distribution {
  const { Id = "", ARN = "", DomainName = "", Aliases, DefaultCacheBehavior } = summary;
  // An alias may be a wildcard, which is no host.
  const host = Aliases?.Items?.find((alias) => !alias.includes("*")) ?? DomainName;
  return {
    id: Id,
    arn: ARN,
    url: `https://${host}`,
    status: summary.Status ?? "",
    isEnabled: summary.Enabled ?? false,
    origins: originsOf(summary),
    isPrivate: DefaultCacheBehavior?.TrustedKeyGroups?.Enabled ?? false,
  };
}
