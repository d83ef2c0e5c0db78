import { createHmac } from "node:crypto";
import { at, listAt, textAt, texts } from "../read.ts";
import type { Json } from "../resource.ts";
import { type Answer, element, xml } from "./answer.ts";
import { type DeployedState, iamPolicy, resources } from "./deployed-state.ts";

const NAMES: readonly (readonly [path: RegExp, operation: string])[] = [
  [/\/distribution$/, "ListDistributions"],
  [/\/cache-policy$/, "ListCachePolicies"],
  [/\/response-headers-policy$/, "ListResponseHeadersPolicies"],
];

export function cloudFrontOperation(path: string): string {
  return NAMES.find(([pattern]) => pattern.test(path))?.[1] ?? "";
}

/**
 * https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListDistributions.html
 * https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListCachePolicies.html
 * https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListResponseHeadersPolicies.html
 */
export function cloudfront(operation: string, deployed: DeployedState): Answer {
  const { policies } = deployed.account;
  const list = (name: string, items: string, more: Json[]) => {
    const inner = element("Items", { [items]: more });
    return xml(`<${name}><Quantity>${more.length}</Quantity>${inner}</${name}>`);
  };
  const before = Array.from({ length: policies }, (): Json => ({ Type: "custom" }));
  switch (operation) {
    case "ListCachePolicies":
      return list("CachePolicyList", "CachePolicySummary", before);
    case "ListResponseHeadersPolicies":
      return list("ResponseHeadersPolicyList", "ResponseHeadersPolicySummary", before);
    default:
      return list("DistributionList", "DistributionSummary", summaries(deployed));
  }
}

function summaries(deployed: DeployedState): Json[] {
  const before = deployed.account.distributions.map(({ id, alias }) => ({
    Id: id,
    ARN: `arn:aws:cloudfront::1:distribution/${id}`,
    Status: "Deployed",
    Comment: "theirs",
    DomainName: `${id.toLowerCase()}.cloudfront.net`,
    Aliases: { Quantity: 1, Items: { CNAME: alias === undefined ? [] : [alias] } },
    Enabled: true,
  }));
  const own = resources(deployed, "cloudfront/distribution:Distribution").map(
    ({ name, inputs }) => ({
      Id: name,
      ARN: `arn:aws:cloudfront::1:distribution/${name}`,
      Status: "Deployed",
      Comment: textAt(inputs, "comment"),
      DomainName: DOMAIN,
      Aliases: { Quantity: 0, Items: { CNAME: texts(at(inputs, "aliases")) } },
      Origins: {
        Quantity: 0,
        Items: {
          Origin: listAt(inputs, "origins").map((origin) => ({
            Id: textAt(origin, "originId"),
            DomainName: textAt(origin, "domainName"),
          })),
        },
      },
      Enabled: at(inputs, "enabled") !== false,
    }),
  );
  return [...before, ...own];
}

/** CloudFront's own name of a distribution, as the graph's provider gives it. */
const DOMAIN = "d111111abcdef8.cloudfront.net";

/**
 * Environment for a program that reaches the hosts of viewers at a stand-in, which gets the host in
 * the path.
 */
export function viewersAt(standIn: string): string {
  const program = `
    const real = globalThis.fetch;
    globalThis.fetch = (input, init) => {
      const { protocol, host, pathname, search } = new URL(input);
      const isTheirs = protocol === "https:" && /\\.(cloudfront\\.net|amazonaws\\.com|on\\.aws)$/.test(host);
      return real(isTheirs ? "${standIn}/@" + host + pathname + search : input, init);
    };`;
  return `--import=data:text/javascript,${encodeURIComponent(program)}`;
}

export interface Viewed {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * What a viewer without credentials gets from the distribution, from the bucket and from the function,
 * by what the graph lets each do. Renditions are of an edge on this machine.
 *
 * @param path `/@HOST/KEY`
 */
export async function viewed(path: string, deployed: DeployedState, edge: string): Promise<Viewed> {
  const [, host = "", rest = ""] = /^\/@([^/]+)(.*)$/s.exec(path) ?? [];
  if (host.endsWith(".on.aws")) {
    const [url] = resources(deployed, "lambda/functionUrl:FunctionUrl");
    return answer(textAt(url?.inputs, "authorizationType") === "AWS_IAM" ? 403 : 200);
  }
  if (host.includes(".execute-api.")) return answer(isAuthorized(rest, deployed) ? 401 : 200);
  if (host !== DOMAIN) {
    const [bucket = ""] = host.split(".s3.");
    return answer(isAllowed(bucket, "*", "s3:GetObject", deployed) ? 200 : 403);
  }
  const [distribution] = resources(deployed, "cloudfront/distribution:Distribution");
  const runs = listAt(distribution?.inputs, "defaultCacheBehavior.functionAssociations");
  if (rest.startsWith("/s/") && !isSigned(rest, deployed)) {
    return checksSignatures(deployed)
      ? answer(403, { "x-cache": "FunctionGeneratedResponse from cloudfront" })
      : answer(200);
  }
  const got = await fetch(edge + rest);
  const headers = Object.fromEntries(got.headers);
  const isRefused = headers["x-cache"]?.startsWith("FunctionGenerated") === true;
  const [stored = ""] = listAt(distribution?.inputs, "origins").map((each) => {
    return textAt(each, "domainName").split(".s3.")[0] ?? "";
  });
  const may = (action: string) => isAllowed(stored, CLOUDFRONT, action, deployed);
  if (isRefused && !runs.some((each) => textAt(each, "eventType") === "viewer-request")) {
    return answer(404, { "x-cache": "Error from cloudfront" });
  }
  // S3 has it, or the function has made it: only S3 knows when.
  const isMade = !isRefused && !("last-modified" in headers);
  const isReached = isMade ? may("s3:ListBucket") && mayInvoke(deployed) : may("s3:GetObject");
  if (!isRefused && !isReached) return answer(403, { "x-cache": "Error from cloudfront" });
  return { status: got.status, headers, body: Buffer.from(await got.arrayBuffer()) };
}

/**
 * Whether an HTTP API asks for a token before a GET.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
 */
function isAuthorized(path: string, deployed: DeployedState): boolean {
  const [route] = resources(deployed, "apigatewayv2/route:Route").filter(
    ({ inputs }) => textAt(inputs, "routeKey") === `GET ${path}`,
  );
  return ["JWT", "CUSTOM"].includes(textAt(route?.inputs, "authorizationType"));
}

/** By the code of the function of the viewer request. */
function checksSignatures(deployed: DeployedState): boolean {
  return resources(deployed, "cloudfront/function:Function").some(({ inputs }) =>
    textAt(inputs, "code").includes("hmac(secret, signature)"),
  );
}

/** By the keys of the graph's key value store: the edge behind knows only its own. */
function isSigned(path: string, deployed: DeployedState): boolean {
  const [, id = "", expires = "", signature = "", text = ""] =
    /^\/s\/([^.]+)\.([^.]+)\.([^/]+)\/(.+)$/.exec(path) ?? [];
  return resources(deployed, "cloudfront/keyvaluestoreKeysExclusive:KeyvaluestoreKeysExclusive")
    .flatMap(({ inputs }) => listAt(inputs, "resourceKeyValuePairs"))
    .filter((pair) => textAt(pair, "key") === `key.${id}`)
    .some((pair) => {
      const hmac = createHmac("sha256", textAt(pair, "value"));
      const signed = `${id}.${expires}/${decodeURIComponent(text)}`;
      return hmac.update(signed).digest("base64url") === signature;
    });
}

const CLOUDFRONT = "cloudfront.amazonaws.com";

function answer(status: number, headers: Record<string, string> = {}): Viewed {
  return { status, headers, body: Buffer.from(String(status)) };
}

/** Whether a bucket's policy allows an action to a service, or to everyone. */
function isAllowed(
  bucket: string,
  principal: string,
  action: string,
  deployed: DeployedState,
): boolean {
  return resources(deployed, "s3/bucketPolicy:BucketPolicy")
    .filter(({ inputs }) => textAt(inputs, "bucket") === bucket)
    .flatMap(({ inputs }) => listAt(iamPolicy(inputs, "policy") ?? undefined, "Statement"))
    .some((statement) => {
      const who = at(statement, "Principal");
      const isTheirs =
        principal === "*" ? who === "*" : texts(at(who, "Service")).includes(principal);
      const actions = texts(at(statement, "Action"));
      return textAt(statement, "Effect") === "Allow" && isTheirs && actions.includes(action);
    });
}

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html */
function mayInvoke(deployed: DeployedState): boolean {
  const actions = resources(deployed, "lambda/permission:Permission")
    .filter(({ inputs }) => textAt(inputs, "principal") === CLOUDFRONT)
    .map(({ inputs }) => textAt(inputs, "action"));
  return ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"].every((each) =>
    actions.includes(each),
  );
}
