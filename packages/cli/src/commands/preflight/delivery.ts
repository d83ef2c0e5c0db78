import type { CloudFrontClient, DistributionSummary } from "@aws-sdk/client-cloudfront";
import { clientConfig } from "@imagefleet/core/aws";
import type { Recipe } from "@imagefleet/core/recipe";
import { askFor, type Check, ok, problem, unknown } from "../../check/check.ts";
import { sdk } from "../../check/sdk.ts";
import { owned } from "../../connection/owned.ts";
import { cloudFront, EDGE_REGION } from "../../delivery/distribution.ts";
import type { Aws } from "./account.ts";
import { quotaOf } from "./quotas.ts";

/**
 * What a stage creates in CloudFront, with the codes of Service Quotas.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
 */
const QUOTAS = {
  distributions: "L-24B04930",
  cachePolicies: "L-7D134442",
  headersPolicies: "L-CF0D4FC5",
} as const;

/** Checks what the new distribution of a stage needs; nothing for a stage that creates none. */
export async function deliveryChecks(aws: Aws, recipe: Recipe): Promise<readonly Check[]> {
  const { delivery, distribution } = aws.settings;
  if (delivery === "none" || distribution !== undefined) return [];
  using client = await cloudFront(aws.clients);
  const { domain } = delivery;
  return [
    ...(domain?.certificateArn === undefined ? [] : [certificateCheck(domain.certificateArn)]),
    ...(recipe.delivery?.adhoc === undefined ? [] : [signingKeyCheck()]),
    ...(await askFor("CloudFront", "cloudfront:ListDistributions", async () => {
      const all = await distributions(client);
      const { app } = aws.settings;
      // The comment begins as that of infra/cdn.ts.
      const stage = aws.prefix.slice(app.length + 1, -1);
      const own = all.find(({ Comment = "" }) => Comment.startsWith(`${app} ${stage} `));
      return [
        ...(domain === undefined ? [] : [aliasCheck(domain.name, all, own)]),
        ...(own === undefined
          ? await quotaChecks(aws, client, all.length)
          : [ok("quotas of CloudFront", `The stage already has its distribution, ${own.Id}.`)]),
      ];
    })),
  ];
}

async function distributions(client: CloudFrontClient): Promise<DistributionSummary[]> {
  const { paginateListDistributions } = await import("@aws-sdk/client-cloudfront");
  const all: DistributionSummary[] = [];
  for await (const { DistributionList } of paginateListDistributions({ client }, {})) {
    all.push(...(DistributionList?.Items ?? []));
  }
  return all;
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html#https-requirements-aws-region */
function certificateCheck(arn: string): Check {
  const name = "certificate of the domain";
  const region = arn.split(":")[3] ?? "";
  if (region === EDGE_REGION) return ok(name, `${arn} is in ${EDGE_REGION}.`);
  return problem(
    name,
    `delivery.domain.certificateArn is in ${region}, and CloudFront takes certificates of ${EDGE_REGION} only.`,
    `Request or import the certificate in ${EDGE_REGION}, or leave certificateArn out: the stage then creates one.`,
  );
}

/**
 * SST encrypts the secrets, so that only SST can say which are set.
 * https://sst.dev/docs/reference/cli/#secret
 */
function signingKeyCheck(): Check {
  return unknown(
    "signing key",
    "Not checked: the recipe has delivery.adhoc, so the deployment fails without the secret PhotosSigningKey (for a fleet of another name than Photos, that name).",
    "Look for it in the output of sst secret list, with the --stage of the deployment. docs/delivery.md has the command that sets it.",
  );
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html#alternate-domain-names-move */
function aliasCheck(
  domain: string,
  all: readonly DistributionSummary[],
  own: DistributionSummary | undefined,
): Check {
  const name = "domain of the distribution";
  const other = all.find((each) => each !== own && each.Aliases?.Items?.includes(domain));
  if (other === undefined) {
    return ok(name, `No other distribution of this account has the domain ${domain}.`);
  }
  return problem(
    name,
    `${domain} belongs to the distribution ${other.Id} (${other.Comment || other.DomainName}): the deployment would fail.`,
    "Deploy without delivery.domain first, move the domain with aws cloudfront associate-alias, then set delivery.domain; or remove it from that distribution.",
  );
}

async function quotaChecks(
  { clients }: Aws,
  client: CloudFrontClient,
  existing: number,
): Promise<readonly Check[]> {
  const { ServiceQuotasClient } = await sdk(() => import("@aws-sdk/client-service-quotas"));
  const config = clientConfig({ ...clients("SERVICE_QUOTAS"), region: EDGE_REGION });
  using quotas = owned(new ServiceQuotasClient(config));
  const permission =
    "servicequotas:GetServiceQuota, cloudfront:ListCachePolicies and cloudfront:ListResponseHeadersPolicies";
  return await askFor("quotas of CloudFront", permission, async () => {
    const check = async (of: string, QuotaCode: string, count: number) => {
      const quota = await quotaOf(quotas, { ServiceCode: "cloudfront", QuotaCode });
      const name = `quota of CloudFront's ${of}`;
      const message = `${count} of ${quota} are used in the account, and the stage creates one.`;
      const fix = `Raise it in Service Quotas of ${EDGE_REGION} (${QuotaCode}), or remove what is not needed.`;
      return count < quota ? ok(name, message) : problem(name, message, fix);
    };
    return [
      await check("distributions", QUOTAS.distributions, existing),
      await check("cache policies", QUOTAS.cachePolicies, await cachePolicies(client)),
      await check(
        "response headers policies",
        QUOTAS.headersPolicies,
        await headersPolicies(client),
      ),
    ];
  });
}

/** https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListCachePolicies.html */
async function cachePolicies(client: CloudFrontClient): Promise<number> {
  const { ListCachePoliciesCommand } = await import("@aws-sdk/client-cloudfront");
  return await countPages(async (Marker) => {
    const page = await client.send(new ListCachePoliciesCommand({ Type: "custom", Marker }));
    return page.CachePolicyList;
  });
}

/** https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListResponseHeadersPolicies.html */
async function headersPolicies(client: CloudFrontClient): Promise<number> {
  const { ListResponseHeadersPoliciesCommand } = await import("@aws-sdk/client-cloudfront");
  return await countPages(async (Marker) => {
    const command = new ListResponseHeadersPoliciesCommand({ Type: "custom", Marker });
    return (await client.send(command)).ResponseHeadersPolicyList;
  });
}

interface Page {
  readonly NextMarker?: string | undefined;
  readonly Items?: readonly unknown[] | undefined;
}

async function countPages(
  pageAt: (marker: string | undefined) => Promise<Page | undefined>,
): Promise<number> {
  let count = 0;
  let marker: string | undefined;
  do {
    const page = await pageAt(marker);
    count += page?.Items?.length ?? 0;
    marker = page?.NextMarker;
  } while (marker !== undefined);
  return count;
}
