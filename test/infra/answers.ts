import type { Json } from "./resource.ts";

export const REGION = "eu-west-1";
export const ACCOUNT = "123456789012";

type Inputs = { readonly [key: string]: Json };

/** What AWS would have made of a resource: its inputs, an id, and the attributes that others use. */
export function created(type: string, name: string, inputs: Inputs): { id: string; state: Inputs } {
  const called = text(inputs["name"]) ?? text(inputs["bucket"]) ?? name;
  const [, service, kind] = /^aws:([a-z0-9]+)\/\w+:(\w+)$/.exec(type) ?? [];
  const url = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${called}`;
  const state: Inputs = {
    ...inputs,
    name: called,
    // A policy is named by what it is the policy of.
    ...(service && !("arn" in inputs) && { arn: arnOf(service, kind ?? "", called) }),
    ...(kind === "Queue" && { url }),
    ...(kind === "FunctionUrl" && { functionUrl: `https://abc.lambda-url.${REGION}.on.aws/` }),
    ...(type === "aws:apigatewayv2/api:Api" && {
      apiEndpoint: `https://${name}-id.execute-api.${REGION}.amazonaws.com`,
      executionArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:${name}-id`,
    }),
    ...(kind === "Certificate" && {
      domainValidationOptions: [
        {
          domainName: inputs["domainName"] ?? "",
          resourceRecordName: "_1.images.example.com",
          resourceRecordType: "CNAME",
          resourceRecordValue: "_2.acm-validations.aws",
        },
      ],
    }),
    ...(kind === "Distribution" && {
      domainName: "d111111abcdef8.cloudfront.net",
      hostedZoneId: "Z2FDTNDATAQYW2",
    }),
    ...(type === "docker-build:index:Image" && {
      ref: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/sst-asset@sha256:0`,
      digest: "sha256:0",
    }),
    ...(type === "random:index/randomBytes:RandomBytes" && {
      base64: Buffer.alloc(Number(inputs["length"])).toString("base64"),
    }),
  };
  return { id: kind === "Queue" ? url : `${name}-id`, state };
}

function arnOf(service: string, kind: string, name: string): string {
  const inRegion = (rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
  if (service === "s3") return `arn:aws:s3:::${name}`;
  if (service === "sqs" || service === "sns") return inRegion(name);
  if (service === "iam") return `arn:aws:iam::${ACCOUNT}:${kind.toLowerCase()}/${name}`;
  if (service === "lambda") return inRegion(`function:${name}`);
  return inRegion(`${kind.charAt(0).toLowerCase()}${kind.slice(1)}/${name}`);
}

/** What AWS would answer when it is asked for something. */
export function asked(token: string, inputs: Inputs): Inputs {
  switch (token) {
    case "aws:index/getRegion:getRegion":
      return { region: REGION, name: REGION, id: REGION };
    case "aws:index/getPartition:getPartition":
      return { partition: "aws", id: "aws" };
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { accountId: ACCOUNT };
    case "aws:index/getAvailabilityZones:getAvailabilityZones":
      return { names: ["a", "b", "c"].map((zone) => REGION + zone), zoneIds: ["1", "2", "3"] };
    case "aws:ecr/getAuthorizationToken:getAuthorizationToken":
      return { userName: "AWS", password: "none", proxyEndpoint: "https://ecr" };
    case "aws:iam/getPolicyDocument:getPolicyDocument":
      return { ...inputs, json: policyJson(inputs["statements"]) };
    default:
      return inputs;
  }
}

/** As the provider writes it: IAM's own names, and lists. */
function policyJson(statements: Json | undefined): string {
  const each = Array.isArray(statements) ? statements : [];
  return JSON.stringify({ Version: "2012-10-17", Statement: each.map(statementJson) });
}

function statementJson(statement: Json): Json {
  if (typeof statement !== "object" || statement === null || Array.isArray(statement)) return null;
  const { effect = "Allow", actions = [], resources = [], principals, conditions } = statement;
  return {
    Effect: effect,
    Action: actions,
    Resource: resources,
    ...(principals !== undefined && { Principal: principals }),
    ...(conditions !== undefined && { Condition: conditions }),
  };
}

function text(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
