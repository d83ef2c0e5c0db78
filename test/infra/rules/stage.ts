import { all, at, numberAt, textAt } from "../read.ts";
import type { Rule } from "./rule.ts";

/** Types that have a name in AWS for which two stages would fight. */
const NAMED = [
  "sqs/queue:Queue",
  "sns/topic:Topic",
  "lambda/function:Function",
  "dynamodb/table:Table",
  "apigatewayv2/api:Api",
  "ecs/cluster:Cluster",
  "cloudwatch/metricAlarm:MetricAlarm",
  "appautoscaling/policy:Policy",
  "budgets/budget:Budget",
];
const NAMED_IN_IAM = ["iam/role:Role", "iam/policy:Policy"];

export const namesContainAppAndStage: Rule = (graph) => {
  const prefix = `${String(graph.app["name"])}-${String(graph.app["stage"])}-`;
  const named = (type: string, field: string, before = prefix) =>
    all(graph, type)
      .filter(({ inputs }) => !textAt(inputs, field).startsWith(before))
      .map(
        ({ name, inputs }) =>
          `${name} is called "${textAt(inputs, field)}", which does not begin with ${before}`,
      );
  // An organization's own prefix stands before the names of IAM's resources.
  const ofRoles = textAt(graph.settings, "roles.namePrefix") + prefix;
  return [
    ...NAMED.flatMap((type) => named(type, "name")),
    ...NAMED_IN_IAM.flatMap((type) => named(type, "name", ofRoles)),
    ...named("s3/bucket:Bucket", "bucket"),
    ...named("cloudwatch/dashboard:Dashboard", "dashboardName"),
  ];
};

export const everythingIsTagged: Rule = (graph) => {
  const tags = at(graph.app, "providers.aws.defaultTags.tags");
  return textAt(tags, "project") === "imagefleet" && textAt(tags, "stage") === graph.app["stage"]
    ? []
    : ["the provider's tags do not say project and stage"];
};

export const productionIsProtected: Rule = (graph) => {
  const production = graph.app["stage"] === "production";
  const { removal, protect } = graph.app;
  return removal === (production ? "retain" : "remove") && protect === production
    ? []
    : [`removal is ${String(removal)} and protect ${String(protect)}`];
};

/** Logs that are kept for ever are paid for ever. */
export const logsExpire: Rule = (graph) => {
  const days = graph.app["stage"] === "production" ? 90 : 14;
  return all(graph, "cloudwatch/logGroup:LogGroup")
    .filter(({ inputs }) => numberAt(inputs, "retentionInDays") !== days)
    .map(({ name }) => `${name} does not keep its lines ${days} days`);
};
