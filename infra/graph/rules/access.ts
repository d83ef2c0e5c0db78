import { all, at, jsonAt, listAt, textAt, texts } from "../read.ts";
import type { Graph, Json } from "../resource.ts";
import type { Rule } from "./rule.ts";

/** What may be given for everything, and why. */
const MANAGED = new Map([
  [
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    "AWS's own: the function writes its log",
  ],
  [
    "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
    "AWS's own: ECS, not the worker, pulls the image and writes the log",
  ],
]);

/** SST's live bridge, in `sst dev` alone: it speaks to the person's machine. */
const LIVE = new Set(["appsync:*", "s3:*"]);

/** What is allowed on everything, for its service knows no resources of its own. */
const WITHOUT_RESOURCE = new Map([
  ["xray:PutSpans", "traces, where a stage sends them to X-Ray"],
  ["xray:PutSpansForIndexing", "traces, where a stage sends them to X-Ray"],
  ["xray:PutTraceSegments", "traces, where a stage sends them to X-Ray"],
]);

/** What a role may do: actions by resource, as "sqs:SendMessage name". */
export function grants(graph: Graph, role: string): string[] {
  return statements(graph)
    .filter(({ role: of }) => of === role)
    .flatMap(({ statement }) =>
      texts(at(statement, "Action")).flatMap((action) =>
        texts(at(statement, "Resource")).map((resource) => `${action} ${resource}`),
      ),
    );
}

export const nothingIsAllowedOnEverything: Rule = (graph) =>
  statements(graph).flatMap(({ role, statement }) => {
    const actions = texts(at(statement, "Action"));
    if (isLive(graph, actions)) return [];
    return [
      ...actions.filter((action) => action.includes("*")).map((action) => `${role} may ${action}`),
      ...texts(at(statement, "Resource"))
        .filter(() => !actions.every((action) => WITHOUT_RESOURCE.has(action)))
        .filter((resource) => resource === "*" || /^arn:[^/]*\*/.test(resource))
        .map((resource) => `${role} may ${actions.join(", ")} on ${resource}`),
    ];
  });

export const managedPoliciesAreKnown: Rule = (graph) =>
  all(graph, "iam/role:Role").flatMap(({ name, inputs }) =>
    texts(at(inputs, "managedPolicyArns"))
      .filter((arn) => !MANAGED.has(arn))
      .map((arn) => `${name} has ${arn}, which has no reason`),
  );

export const nobodyIsAPrincipal: Rule = (graph) =>
  [
    ...all(graph, "sqs/queuePolicy:QueuePolicy"),
    ...all(graph, "s3/bucketPolicy:BucketPolicy"),
    ...all(graph, "sns/topicPolicy:TopicPolicy"),
  ].flatMap(({ name, inputs }) =>
    listAt(jsonAt(inputs, "policy"), "Statement")
      .filter((statement) => textAt(statement, "Effect") === "Allow")
      .filter((statement) => JSON.stringify(at(statement, "Principal")).includes('"*"'))
      .map(() => `${name} lets everybody in`),
  );

function statements(graph: Graph): { role: string; statement: Json }[] {
  const inline = all(graph, "iam/role:Role").flatMap(({ name: role, inputs }) =>
    listAt(inputs, "inlinePolicies").flatMap((policy) =>
      listAt(jsonAt(policy, "policy"), "Statement").map((statement) => ({ role, statement })),
    ),
  );
  const apart = all(graph, "iam/rolePolicy:RolePolicy").flatMap(({ name: role, inputs }) =>
    listAt(jsonAt(inputs, "policy"), "Statement").map((statement) => ({ role, statement })),
  );
  return [...inline, ...apart];
}

function isLive(graph: Graph, actions: string[]): boolean {
  return graph.dev && actions.every((action) => LIVE.has(action));
}
