import { all, at, numberAt, textAt } from "../read.ts";
import type { Rule } from "./rule.ts";

/** Types that have a name in AWS for which two stages would fight. */
const NAMED = [
  "sqs/queue:Queue",
  "sns/topic:Topic",
  "lambda/function:Function",
  "iam/role:Role",
  "iam/policy:Policy",
  "ecs/cluster:Cluster",
  "cloudwatch/metricAlarm:MetricAlarm",
  "appautoscaling/policy:Policy",
  "budgets/budget:Budget",
];

export const namesSayAppAndStage: Rule = (graph) => {
  const prefix = `${String(graph.app["name"])}-${String(graph.app["stage"])}-`;
  const named = [
    ...NAMED.flatMap((type) =>
      all(graph, type).map((each) => [each.name, textAt(each.inputs, "name")]),
    ),
    ...all(graph, "s3/bucket:Bucket").map((each) => [each.name, textAt(each.inputs, "bucket")]),
    ...all(graph, "cloudwatch/dashboard:Dashboard").map((each) => [
      each.name,
      textAt(each.inputs, "dashboardName"),
    ]),
  ];
  return (
    named
      // An organisation's own prefix of roles may stand before it.
      .filter(([, physical = ""]) => !physical.replace(/^platform-/, "").startsWith(prefix))
      .map(
        ([name, physical]) =>
          `${name} is called "${physical}", which does not begin with ${prefix}`,
      )
  );
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
export const logsEnd: Rule = (graph) => {
  const days = graph.app["stage"] === "production" ? 90 : 14;
  return all(graph, "cloudwatch/logGroup:LogGroup")
    .filter(({ inputs }) => numberAt(inputs, "retentionInDays") !== days)
    .map(({ name }) => `${name} does not keep its lines ${days} days`);
};
