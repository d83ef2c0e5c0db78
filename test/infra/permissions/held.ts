import { all, at, textAt, texts } from "../read.ts";
import type { Graph, Json } from "../resource.ts";
import { statements } from "../rules/access.ts";
import { distributions, keyOf, names, OWN_KEY } from "./names.ts";
import { type Role, recorded } from "./recorded.ts";

/** The roles and policies of a graph by whom they are for. */
export const HOLDERS: Readonly<Record<Role, string>> = {
  function: "ConsumeRole",
  deliver: "DeliverRole",
  invalidate: "InvalidateRole",
  catalog: "ProjectorRole",
  uploads: "UploadRole",
  worker: "WorkerTaskRole",
  viewer: "Viewer",
  operator: "Operator",
  doctor: "Doctor",
};

/** What a role may do: by grant, as `s3:GetObject source/*`. What has no name keeps its ARN. */
export function held(graph: Graph, role: Role): ReadonlySet<string> {
  const known = names(graph);
  const mine = statements(graph).filter((each) => each.role === HOLDERS[role]);
  return new Set(
    mine.flatMap(({ statement }) =>
      isPlain(statement)
        ? texts(at(statement, "Action")).flatMap((action) =>
            texts(at(statement, "Resource")).map((arn) => `${action} ${known.get(arn) ?? arn}`),
          )
        : [`do what is not judged here: ${JSON.stringify(statement)}`],
    ),
  );
}

/** What a role was recorded to need, what S3 then does in its name with a key, what X-Ray asks for. */
export function needed(graph: Graph, role: Role): ReadonlyMap<string, string> {
  // An operator has nothing to purge where nothing is delivered.
  const isPurged = role !== "operator" || distributions(graph).length > 0;
  const isExamined = role !== "doctor" || textAt(graph.outputs, "table") !== "";
  const needs = new Map(
    Object.entries(recorded(role)).filter(
      ([grant]) =>
        (isPurged || !grant.startsWith("cloudfront:")) &&
        (isExamined || !OF_CATALOG.includes(grant)) &&
        isThere(graph, grant),
    ),
  );
  for (const bucket of ["source", "renditions"] as const) {
    const key = keyOf(graph, bucket);
    if (key === undefined) continue;
    const has = (action: string) =>
      [...needs.keys()].some((grant) => grant.startsWith(`${action} ${bucket}/`));
    if (has("s3:GetObject")) needs.set(`kms:Decrypt ${key}`, "S3, for a read");
    if (has("s3:AbortMultipartUpload")) {
      needs.set(`kms:Decrypt ${key}`, "S3, to put the parts of an upload together");
    }
    const writing = `kms:GenerateDataKey ${key}`;
    // The key of a source bucket that was there before is in the settings alone: for a write to it,
    // the grant itself is taken for the proof that there is one.
    const isTheirs = bucket === "source" && key !== OWN_KEY;
    const isKnown = !isTheirs || held(graph, role).has(writing);
    if (has("s3:PutObject") && isKnown) needs.set(writing, "S3, for a write");
  }
  if (textAt(graph.outputs, "keyArn") !== "") {
    const also = (grant: string, why: string) => {
      const before = needs.get(grant);
      needs.set(grant, before === undefined ? why : `${before}; ${why}`);
    };
    if (needs.has("dynamodb:GetItem table"))
      also(`kms:Decrypt ${OWN_KEY}`, "DynamoDB, for the table");
    if (needs.has("sns:Publish topic")) {
      also(`kms:Decrypt ${OWN_KEY}`, "SNS, for a message");
      also(`kms:GenerateDataKey ${OWN_KEY}`, "SNS, for a message");
    }
  }
  if (isTraced(graph, role)) {
    const spans = ["xray:PutSpans", "xray:PutSpansForIndexing", "xray:PutTraceSegments"];
    for (const action of spans) needs.set(`${action} *`, "X-Ray, for the spans sent to it");
  }
  return needs;
}

/** What only some settings make: a call to it is not needed where it is not. */
const OPTIONAL = ["invalidations", "invalidations-dlq", "catalog", "catalog-dlq", "table", "bus"];

/** What doctor asks only where there is a catalog, of what is there in any case. */
const OF_CATALOG = ["dynamodb:ListTables *", "s3:GetBucketNotification renditions"];

/** Whether the resource of a grant is in a graph. */
export function isThere(graph: Graph, grant: string): boolean {
  const resource = grant.slice(grant.indexOf(" ") + 1);
  return !OPTIONAL.includes(resource) || [...names(graph).values()].includes(resource);
}

/** Whether the programs send traces to X-Ray. Both get the same settings. */
function isTraced(graph: Graph, role: Role): boolean {
  const consume = all(graph, "lambda/function:Function").find(
    ({ name }) => name === "ConsumeFunction",
  );
  const url = textAt(consume?.inputs, "environment.variables.IMAGEFLEET_TRACES_URL");
  return ["function", "worker"].includes(role) && url.startsWith("https://xray.");
}

/** Does it allow what it names, always? No other kind is in use. */
function isPlain(statement: Json): boolean {
  const more = ["Condition", "NotAction", "NotResource", "Principal", "NotPrincipal"];
  return textAt(statement, "Effect") === "Allow" && more.every((each) => !at(statement, each));
}
