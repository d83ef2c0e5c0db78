import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { ACCOUNT, REGION } from "../answers.ts";
import { at, textAt } from "../read.ts";
import type { Graph, Resource } from "../resource.ts";
import { POLICIES, type Statement } from "./template.ts";
import { NOT_USED, TYPES } from "./types.ts";

const registrySchema = v.object({ permissions: v.record(v.string(), v.array(v.string())) });
const REGISTRY = v.parse(
  registrySchema,
  JSON.parse(readFileSync(join(import.meta.dirname, "registry.json"), "utf8")),
).permissions;

/** What CloudFormation's handlers of a type ask for; undefined: the registry is not known to have it. */
export function registered(type: string): readonly string[] | undefined {
  return REGISTRY[type];
}

/**
 * What SST's command line does besides, whatever is deployed: at its first run in an account and region,
 * in each deployment, and for `sst diff` of another stage of the app.
 * https://sst.dev/docs/iam-credentials
 * https://github.com/anomalyco/sst/blob/dev/pkg/project/provider/aws.go
 */
export function needOfSst({ app }: Graph): readonly (readonly [string, string])[] {
  const [name, stage] = [String(app["name"]), String(app["stage"])];
  const [state, assets] = ["arn:aws:s3:::sst-state-abcdefgh", "arn:aws:s3:::sst-asset-abcdefgh"];
  const parameter = (path: string) => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/sst/${path}`;
  const own = ["app", "lock", "secret"].map((key) => `${state}/${key}/${name}/${stage}.json`);
  const runs = ["update", "snapshot", "eventlog", "summary"].map(
    (key) => `${state}/${key}/${name}/${stage}/1.json`,
  );
  const made = ["CreateBucket", "PutBucketPolicy"].flatMap((action) =>
    [state, assets].map((bucket) => [`s3:${action}`, bucket] as const),
  );
  return [
    ...made,
    ["s3:PutBucketVersioning", state],
    ["s3:PutBucketNotification", assets],
    ["s3:ListBucket", state],
    ...own.map((key) => ["s3:GetObject", key] as const),
    ["s3:GetObject", `${state}/app/${name}/another.json`],
    ...[...own, ...runs].map((key) => ["s3:PutObject", key] as const),
    ["s3:PutObject", `${state}/update/${name}/another/1.json`],
    ["s3:DeleteObject", `${state}/lock/${name}/${stage}.json`],
    ["s3:PutObject", `${assets}/assets/code.zip`],
    ["s3:GetObject", `${assets}/assets/code.zip`],
    ["ssm:GetParameter", parameter("bootstrap")],
    ["ssm:PutParameter", parameter("bootstrap")],
    ["ssm:GetParameter", parameter(`passphrase/${name}/${stage}`)],
    ["ssm:GetParameter", parameter(`passphrase/${name}/another`)],
    ["ssm:PutParameter", parameter(`passphrase/${name}/${stage}`)],
    ["ecr:CreateRepository", `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/sst-asset`],
  ];
}

/** Types of which AWS is asked: the others are SST's and the fleet's own components. */
export function isMade({ type }: Resource): boolean {
  return type.startsWith("aws:") || type.startsWith("docker-build:");
}

/** What a resource takes; undefined: its type is not known. */
export function needOf(resource: Resource): readonly string[] | undefined {
  const type = TYPES[resource.type.replace(/^aws:/, "")];
  if (type === undefined) return undefined;
  const all = type.registry.flatMap((each) => registered(each) ?? [`nothing known of ${each}`]);
  const { only = all.filter((action) => !NOT_USED.some(({ actions }) => actions.test(action))) } =
    type;
  const needed = [...new Set([...only, ...(type.more ?? [])])];
  const removal = POLICIES["Removal"]?.statements.flatMap(({ Action }) => Action) ?? [];
  return resource.retainOnDelete ? needed.filter((action) => !removal.includes(action)) : needed;
}

/** The ARN that AWS would give, where its name says it. */
export function arnOf({ type, inputs, region }: Resource): string | undefined {
  return TYPES[type.replace(/^aws:/, "")]?.arn?.(inputs).replace(`:${REGION}:`, `:${region}:`);
}

/** The statements that a stage's role has. */
export function statementsFor(graph: Graph): readonly Statement[] {
  const has: Readonly<Record<string, boolean>> = {
    "": true,
    ThrownAway: graph.app["protect"] !== true,
    HasSourceBucket: foreignBucket(graph, "SourceNotification") !== "",
    HasRenditionBucket: foreignBucket(graph, "RenditionsNotification") !== "",
  };
  return Object.values(POLICIES).flatMap(({ statements, onlyIf }) =>
    has[onlyIf] ? statements : [],
  );
}

/** What makes something that AWS names, which has no tag before. */
const NEW = /^(ec2:Create(?!Route$)|kms:(CreateKey$|TagResource$))/;

/**
 * May the role do this to that? Of conditions it is asked whether they can be met by what is not there
 * yet; that the rest carries the app's tag, and is in the region, is how it was made.
 */
export function isAllowed(
  graph: Graph,
  statements: readonly Statement[],
  action: string,
  arn: string | undefined,
): boolean {
  const [service] = action.split(":");
  // Of what has no name, and of what belongs to another service, the action alone can be asked for.
  const named = arn?.split(":")[2] === service ? arn : undefined;
  return statements.some(
    ({ Action, Resource, Condition }) =>
      Action.includes(action) &&
      !(NEW.test(action) && asksForTags(Condition)) &&
      (named === undefined || Resource.some((each) => patternOf(graph, each).test(named))),
  );
}

function asksForTags(condition: object): boolean {
  const { Null: _, ...others } = { Null: undefined, ...condition };
  return JSON.stringify(others).includes("aws:ResourceTag");
}

function patternOf(graph: Graph, resource: string): RegExp {
  const given: Readonly<Record<string, string>> = {
    App: String(graph.app["name"]),
    Stage: String(graph.app["stage"]),
    RolePrefix: rolePrefix(graph),
    SourceBucket: foreignBucket(graph, "SourceNotification"),
    RenditionBucket: foreignBucket(graph, "RenditionsNotification"),
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
  };
  const text = resource.replaceAll(/\$\{([\w:]+)\}/g, (_, name) => given[name] ?? "?");
  return new RegExp(`^${text.split("*").map(RegExp.escape).join(".*")}$`);
}

/** A bucket that is there already, whose notification is replaced by this one; "": none. */
function foreignBucket({ resources }: Graph, notification: string): string {
  const named = (type: string) => resources.filter((each) => each.type === type);
  const own = named("aws:s3/bucket:Bucket").map(({ inputs }) => textAt(inputs, "bucket"));
  const replaced = named("aws:s3/bucketNotification:BucketNotification").find(
    ({ name }) => name === notification,
  );
  const bucket = textAt(replaced?.inputs, "bucket");
  return own.includes(bucket) ? "" : bucket;
}

function rolePrefix({ app, resources }: Graph): string {
  const role = resources.find(({ type }) => type === "aws:iam/role:Role");
  return textAt(role?.inputs, "name").split(`${at(app, "name")}-`)[0] ?? "";
}
