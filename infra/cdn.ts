import { type Fleet, physical, physicalOfAccount, transformed } from "./context.ts";
import type { EdgeRegion } from "./edge-region.ts";
import { DELIVER } from "./numbers.ts";
import type { Signing } from "./signing.ts";
import type { Storage } from "./storage.ts";

/** The ids of the origins. */
const STORED = "renditions";
const MADE = "deliver";
const GROUP = "stored-or-made";

/**
 * The distribution: stored renditions from the bucket, and those that are missing from the function.
 * Two functions at the edge decide what a request may ask for (packages/edge).
 */
export function makeDistribution(
  fleet: Fleet,
  renditions: Storage,
  deliver: sst.aws.Function,
  edge: EdgeRegion,
  signing: Signing | undefined,
): sst.aws.Cdn {
  const { name, within, region, delivery } = fleet;
  const { domain, keyGroups = [], originShield } = delivery ?? {};
  const shield = originShield && {
    originShield: { enabled: true, originShieldRegion: originShield },
  };
  const { behavior, negotiated } = behaviorsOf(fleet, keyGroups, signing);
  return new sst.aws.Cdn(
    ...transformed<sst.aws.CdnArgs>(
      fleet.transform.cdn,
      `${name}Delivery`,
      {
        comment: `${$app.name} ${$app.stage} ${name}: renditions`,
        origins: [
          {
            originId: STORED,
            domainName: $interpolate`${renditions.name}.s3.${region}.amazonaws.com`,
            originAccessControlId: accessControl(fleet, "s3"),
            ...shield,
          },
          {
            originId: MADE,
            domainName: deliver.url.apply((url) => new URL(url).host),
            originAccessControlId: accessControl(fleet, "lambda"),
            customOriginConfig: {
              httpPort: 80,
              httpsPort: 443,
              originProtocolPolicy: "https-only",
              originSslProtocols: ["TLSv1.2"],
              originReadTimeout: DELIVER.originTimeoutSeconds,
            },
            ...shield,
          },
        ],
        originGroups: [
          {
            originId: GROUP,
            // A key that is not stored. 403 is a policy that is wrong, and 5xx is S3: rendering helps neither.
            failoverCriteria: { statusCodes: [404] },
            members: [{ originId: STORED }, { originId: MADE }],
          },
        ],
        defaultCacheBehavior: behavior,
        orderedCacheBehaviors: negotiated,
        // CloudFront keeps errors for 10 s by default.
        // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
        customErrorResponses: [
          { errorCode: 404, errorCachingMinTtl: 0 },
          ...[500, 502, 503, 504].map((errorCode) => ({
            errorCode,
            errorCachingMinTtl: DELIVER.errorTtlSeconds,
          })),
        ],
        ...(edge.webAclArn && { webAclArn: edge.webAclArn }),
        ...(domain && {
          domain: {
            name: domain.name,
            ...(domain.certificateArn && { cert: domain.certificateArn }),
            ...(!domain.route53 && { dns: false }),
          },
        }),
        // A new distribution takes minutes to reach all edges.
        wait: fleet.retained,
        transform: {
          distribution: { httpVersion: "http2and3", isIpv6Enabled: true },
        },
      },
      within,
    ),
  );
}

function behaviorsOf(fleet: Fleet, keyGroups: readonly string[], signing: Signing | undefined) {
  const { name, within, recipe } = fleet;
  const edgeFunction = (which: "request" | "response") =>
    new aws.cloudfront.Function(
      `${name}Edge${which === "request" ? "Request" : "Response"}`,
      {
        name: physicalOfAccount(fleet, `-${which}`),
        runtime: "cloudfront-js-2.0",
        comment: `Imagefleet: the viewer's ${which}`,
        code: recipe.edge[which],
        publish: true,
        ...(which === "request" && signing && { keyValueStoreAssociations: [signing.storeArn] }),
      },
      within,
    ).arn;
  const [onRequest, onResponse] = [edgeFunction("request"), edgeFunction("response")];
  const cachePolicy = new aws.cloudfront.CachePolicy(
    `${name}CachePolicy`,
    {
      name: physicalOfAccount(fleet, "Cache"),
      comment: "Imagefleet: one entry for each rendition and version",
      minTtl: 0,
      defaultTtl: DELIVER.defaultTtlSeconds,
      maxTtl: DELIVER.maxTtlSeconds,
      parametersInCacheKeyAndForwardedToOrigin: {
        cookiesConfig: { cookieBehavior: "none" },
        headersConfig: { headerBehavior: "none" },
        queryStringsConfig: {
          queryStringBehavior: "whitelist",
          queryStrings: { items: ["v"] },
        },
        // Images are compressed already.
        enableAcceptEncodingBrotli: false,
        enableAcceptEncodingGzip: false,
      },
    },
    within,
  );
  const behavior = {
    targetOriginId: GROUP,
    viewerProtocolPolicy: "redirect-to-https",
    allowedMethods: ["GET", "HEAD"],
    cachedMethods: ["GET", "HEAD"],
    compress: false,
    cachePolicyId: cachePolicy.id,
    responseHeadersPolicyId: headersPolicy(fleet, "Headers", {}),
    ...(keyGroups.length > 0 && { trustedKeyGroups: [...keyGroups] }),
    functionAssociations: [
      { eventType: "viewer-request", functionArn: onRequest },
      { eventType: "viewer-response", functionArn: onResponse },
    ],
  };
  // No function sees an answer of 400 or more: without the header, a cache would give one browser's
  // error to all.
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html#function-restrictions-status-codes
  const vary = {
    customHeadersConfig: { items: [{ header: "Vary", value: "Accept", override: true }] },
  };
  const negotiatedHeaders = headersPolicy(fleet, "Vary", vary);
  const negotiated = recipe.edge.negotiated.map((pathPattern) => ({
    ...behavior,
    pathPattern,
    responseHeadersPolicyId: negotiatedHeaders,
  }));
  return { behavior, negotiated };
}

function headersPolicy(
  fleet: Fleet,
  part: "Headers" | "Vary",
  more: Partial<aws.cloudfront.ResponseHeadersPolicyArgs>,
): $util.Output<string> {
  const { name, within, delivery } = fleet;
  const hasDomain = delivery?.domain !== undefined;
  return new aws.cloudfront.ResponseHeadersPolicy(
    `${name}${part}Policy`,
    {
      name: physicalOfAccount(fleet, part),
      comment: `Imagefleet: headers of ${part === "Headers" ? "every rendition" : "renditions whose format is negotiated"}`,
      securityHeadersConfig: {
        contentTypeOptions: { override: true },
        ...(hasDomain && {
          strictTransportSecurity: {
            accessControlMaxAgeSec: DELIVER.maxTtlSeconds,
            includeSubdomains: false,
            override: true,
          },
        }),
      },
      // A page may draw the image on a canvas.
      corsConfig: {
        accessControlAllowCredentials: false,
        accessControlAllowHeaders: { items: ["*"] },
        accessControlAllowMethods: { items: ["GET", "HEAD"] },
        accessControlAllowOrigins: { items: ["*"] },
        originOverride: true,
      },
      ...more,
    },
    within,
  ).id;
}

/** CloudFront signs its requests to the bucket and to the function's URL. */
function accessControl(fleet: Fleet, origin: "s3" | "lambda"): $util.Output<string> {
  const part = origin === "s3" ? "Stored" : "Made";
  return new aws.cloudfront.OriginAccessControl(
    `${fleet.name}${part}Access`,
    {
      name: physicalOfAccount(fleet, part),
      description: `Imagefleet: ${physical(fleet, part)}`,
      originAccessControlOriginType: origin,
      signingBehavior: "always",
      signingProtocol: "sigv4",
    },
    fleet.within,
  ).id;
}
