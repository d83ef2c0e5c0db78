import { all, at, jsonAt, listAt, textAt, texts } from "../read.ts";
import type { Graph, Json } from "../resource.ts";
import type { Rule } from "./rule.ts";

/** What may be given for everything, and why. */
export const MANAGED: ReadonlyMap<string, string> = new Map([
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
  ["cloudfront:ListDistributions", "to find the distribution by its origin"],
  ["cloudfront:ListCachePolicies", "what is used of its quota"],
  ["cloudfront:ListResponseHeadersPolicies", "what is used of its quota"],
  ["cloudwatch:GetMetricData", "the oldest message's age, for people who look"],
  ["cloudwatch:DescribeAlarms", "states of alarms, for preflight and doctor"],
  ["ec2:DescribeInternetGateways", "what is used of its quota"],
  ["ec2:DescribeVpcs", "what is used of its quota"],
  ["ecs:DescribeTaskDefinition", "the worker's role"],
  ["ecs:ListClusters", "to find the stage's cluster by its name"],
  ["ecs:ListServices", "to find the worker's service"],
  ["ecs:ListTasks", "tasks that were stopped"],
  ["lambda:ListEventSourceMappings", "to find the small lane's mapping"],
  ["s3:ListAllMyBuckets", "to find the stage's buckets by their names"],
  ["servicequotas:GetAWSDefaultServiceQuota", "a quota that the account never changed"],
  ["servicequotas:GetServiceQuota", "quotas"],
  ["dynamodb:ListTables", "to find the stage's table by its name"],
  ["sqs:ListQueues", "to find the stage's queues by their names"],
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

/** A statement of a policy, and whose it is. */
export interface HeldStatement {
  /** The role's name in the graph, or that of a policy that stands for itself. */
  readonly role: string;
  readonly statement: Json;
}

/** What is granted in a graph, but for what SST's live bridge needs. */
export function statements(graph: Graph): HeldStatement[] {
  const of = (role: string, document: Json) =>
    listAt(document, "Statement").map((statement) => ({ role, statement }));
  return [
    ...all(graph, "iam/role:Role").flatMap(({ name, inputs }) =>
      listAt(inputs, "inlinePolicies").flatMap((policy) => of(name, jsonAt(policy, "policy"))),
    ),
    ...["iam/rolePolicy:RolePolicy", "iam/policy:Policy"].flatMap((type) =>
      all(graph, type).flatMap(({ name, inputs }) => of(name, jsonAt(inputs, "policy"))),
    ),
  ].filter(({ statement }) => !isLive(graph, texts(at(statement, "Action"))));
}

function isLive(graph: Graph, actions: string[]): boolean {
  return graph.dev && actions.every((action) => LIVE.has(action));
}
