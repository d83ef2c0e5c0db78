import recipe from "@imagefleet/workspace/recipe";
import { ACCOUNT, REGION } from "../answers.ts";
import { all, at, textAt, texts } from "../read.ts";
import type { Graph } from "../resource.ts";
import { statements } from "../rules/access.ts";

/** The queues' names in grants, and among the outputs. */
const QUEUES = {
  small: "smallQueue",
  "small-dlq": "smallDlq",
  large: "largeQueue",
  "large-dlq": "largeDlq",
  invalidations: "invalidationsQueue",
  "invalidations-dlq": "invalidationsDlq",
  catalog: "catalogQueue",
  "catalog-dlq": "catalogDlq",
} as const;

const IAM = `arn:aws:iam::${ACCOUNT}:role/`;
/** Roles that are asked about. */
const ROLES: Readonly<Record<string, string>> = {
  ConsumeRole: "role of the function",
  WorkerTaskRole: "role of the worker",
};

export const OWN_KEY = "stage's key";
const THEIR_KEY = "source bucket's key";

/**
 * What a graph's resources are called in grants, by the very text that a policy must name each with:
 * a wider pattern has no name.
 */
export function names(graph: Graph): ReadonlyMap<string, string> {
  const [source, renditions] = [bucketArn(graph, "source"), bucketArn(graph, "renditions")];
  const inRegion = (service: string, rest: string) =>
    `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
  const queues = Object.entries(QUEUES).flatMap(([name, output]) => {
    const url = textAt(graph.outputs, output);
    return url === ""
      ? []
      : [[inRegion("sqs", url.slice(url.lastIndexOf("/") + 1)), name] as const];
  });
  const tasks = all(graph, "ecs/cluster:Cluster").flatMap(({ inputs }) =>
    ["task", "service"].map(
      (kind) => [inRegion("ecs", `${kind}/${textAt(inputs, "name")}/*`), kind] as const,
    ),
  );
  const functions = all(graph, "lambda/function:Function").map(
    ({ inputs }) => [inRegion("lambda", `function:${textAt(inputs, "name")}`), "function"] as const,
  );
  const roles = all(graph, "iam/role:Role").flatMap(({ name, inputs }) => {
    const of = ROLES[name];
    return of === undefined ? [] : [[`${IAM}${textAt(inputs, "name")}`, of] as const];
  });
  return new Map([
    [source, "source"],
    [`${source}/${recipe.source.prefix}*`, "source/*"],
    [`${source}/${recipe.source.prefix}imagefleet-doctor/*`, "source/imagefleet-doctor/*"],
    [renditions, "renditions"],
    [`${renditions}/${recipe.output.prefix}*`, "renditions/*"],
    [`${renditions}/${recipe.output.prefix}manifests/*`, "renditions/manifests/*"],
    [`${source}/${recipe.source.prefix}${uploadPrefix(graph)}*`, "source/uploads/*"],
    ...catalog(graph),
    ...queues,
    ...tasks,
    ...functions,
    ...roles,
    ...distributions(graph).map((arn) => [arn, "distribution"] as const),
    [`${IAM}aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`, "role of ECS"],
    ...keys(graph),
  ]);
}

/** What the keys of uploads begin with. */
function uploadPrefix({ settings }: Graph): string {
  return (textAt(settings, "uploads.key") || "uploads/{user}").split("{")[0] ?? "";
}

/** The table with its index, the topic and the bus; and the application's function that authorizes. */
function catalog({ outputs, settings }: Graph): (readonly [string, string])[] {
  const [table, topic] = [textAt(outputs, "table"), textAt(outputs, "topicArn")];
  if (table === "") return [];
  const arn = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${table}`;
  const bus = textAt(settings, "notifications.eventBus");
  const isDefault = bus === "default";
  return [
    [arn, "table"],
    [`${arn}/index/byUser`, "table/byUser"],
    [topic, "topic"],
    ...(bus === ""
      ? []
      : [
          [
            isDefault ? `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/default` : bus,
            "bus",
          ] as const,
        ]),
  ];
}

/** The distribution that may call the function for missing renditions; none: nothing is delivered. */
export function distributions(graph: Graph): string[] {
  const callers = all(graph, "lambda/permission:Permission").filter(
    ({ inputs }) => textAt(inputs, "principal") === "cloudfront.amazonaws.com",
  );
  return [...new Set(callers.map(({ inputs }) => textAt(inputs, "sourceArn")))];
}

/** What a bucket's objects are encrypted with: a key's name in grants; undefined: S3's own. */
export function keyOf(graph: Graph, bucket: "source" | "renditions"): string | undefined {
  const arn = bucketArn(graph, bucket);
  const own = all(
    graph,
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  ).find(({ inputs }) => `arn:aws:s3:::${textAt(inputs, "bucket")}` === arn);
  if (own === undefined) return [...keys(graph).values()].find((name) => name === THEIR_KEY);
  const by = "rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId";
  return keys(graph).get(textAt(own.inputs, by));
}

/** The stage's own key; and that of a bucket that was there before, which only grants tell of. */
function keys(graph: Graph): ReadonlyMap<string, string> {
  const own = all(graph, "kms/key:Key").map(
    ({ name }) => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${name}`,
  );
  const granted = statements(graph)
    .filter(({ statement }) => texts(at(statement, "Action")).includes("kms:Decrypt"))
    .flatMap(({ statement }) => texts(at(statement, "Resource")))
    .filter((arn) => /^arn:aws:kms:[^*?]+$/.test(arn));
  return new Map([
    ...granted.map((arn) => [arn, THEIR_KEY] as const),
    ...own.map((arn) => [arn, OWN_KEY] as const),
  ]);
}

function bucketArn({ outputs }: Graph, bucket: "source" | "renditions"): string {
  const output = bucket === "source" ? "sourceBucket" : "renditionBucket";
  return `arn:aws:s3:::${textAt(outputs, output)}`;
}
