import { all, at, jsonAt, listAt, textAt, texts } from "../read.ts";
import type { Graph, Json, Resource } from "../resource.ts";
import { deadLetterQueues } from "./queues.ts";
import { isReported } from "./reported.ts";
import type { Rule } from "./rule.ts";

/** The services that publish to the alarm topic. */
const SENDERS = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com", "events.amazonaws.com"];

function alarms(graph: Graph): Resource[] {
  return all(graph, "cloudwatch/metricAlarm:MetricAlarm");
}

function metrics(alarm: Resource): Json[] {
  return listAt(alarm.inputs, "metricQueries").flatMap((query) => at(query, "metric") ?? []);
}

function value(alarm: Resource): string {
  const queries = listAt(alarm.inputs, "metricQueries");
  return textAt(
    queries.find((query) => at(query, "returnData") === true),
    "expression",
  );
}

/** Nothing is read of their dead letters, so each has one alarm. */
const NO_LANES = ["InvalidationsDlqQueue", "CatalogDlqQueue"];

/** `sst dev` has no alarms. */
export const everyDeadLetterQueueHasItsAlarms: Rule = (graph) => {
  if (graph.dev) return [];
  return deadLetterQueues(graph).flatMap((queue) => {
    const own = alarms(graph).filter((alarm) => {
      const counted = metrics(alarm).filter(
        (metric) => textAt(metric, "dimensions.QueueName") === textAt(queue.inputs, "name"),
      );
      const names = counted.map((metric) => textAt(metric, "metricName"));
      return names.includes("ApproximateNumberOfMessagesVisible");
    });
    const isOfLane = !NO_LANES.includes(queue.name);
    const more = { growth: "DIFF(", "crashed dead letters": "RUNNING_SUM(" };
    const kinds = { depth: "", ...(isOfLane && more) };
    return Object.entries(kinds)
      .filter(
        ([, begin]) =>
          !own.some(
            (alarm) =>
              value(alarm).replace(/(?<=\().*/, "") === begin && alarm.inputs["threshold"] === 1,
          ),
      )
      .map(([kind]) => `${queue.name} has no alarm of its ${kind}`);
  });
};

/**
 * FILL repeats its value where the newest minute is only late, and the alarm keeps its state.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export const noAlarmUsesFill: Rule = (graph) =>
  alarms(graph)
    .filter((alarm) => value(alarm).includes("FILL("))
    .map(({ name }) => `${name} uses FILL`);

/** An alarm without an action or an existing metric never notifies. */
export const alarmsNotifyAndMetricsExist: Rule = (graph) => {
  const names = new Set(graph.resources.map(({ inputs }) => inputs["name"]));
  // CloudFront's own dimension, DynamoDB's, and what is measured by its id.
  const byId = [
    ...all(graph, "cloudfront/distribution:Distribution"),
    ...all(graph, "apigatewayv2/api:Api"),
  ];
  const others = ["Global", "GetItem", "PutItem", ...byId.map(({ name }) => `${name}-id`)];
  const reachable = new Set(
    [...alarmTopics(graph), ...all(graph, "appautoscaling/policy:Policy")].map(({ inputs }) =>
      textAt(inputs, "name"),
    ),
  );
  return alarms(graph).flatMap((alarm) => {
    const actions = listAt(alarm.inputs, "alarmActions").map(String);
    const returned = listAt(alarm.inputs, "metricQueries").filter(
      (query) => at(query, "returnData") === true,
    );
    return [
      ...(actions.some(
        (arn) =>
          // A topic that was there before is its owner's.
          [graph.outputs["alarmTopicArn"], graph.outputs["edgeAlarmTopicArn"]].includes(arn) ||
          reachable.has(arn.split(/[:/]/).at(-1) ?? ""),
      )
        ? []
        : [`${alarm.name} notifies nobody`]),
      ...(returned.length === 1 ? [] : [`${alarm.name} has ${returned.length} values, not 1`]),
      ...metrics(alarm).flatMap((metric) => {
        const [namespace, name] = [textAt(metric, "namespace"), textAt(metric, "metricName")];
        const dimensions = Object.values(at(metric, "dimensions") ?? {});
        return [
          ...(isReported(namespace, name) ? [] : [`${alarm.name} measures ${namespace} ${name}`]),
          ...dimensions
            .filter((dimension) => !names.has(dimension) && !others.includes(String(dimension)))
            .map((dimension) => `${alarm.name} measures ${dimension}, which does not exist`),
        ];
      }),
    ];
  });
};

function alarmTopics(graph: Graph): Resource[] {
  return all(graph, "sns/topic:Topic").filter(({ name }) => name !== "Notifications");
}

/** A topic that rejects its senders stays silent, as if all were well. */
export const theTopicAcceptsItsSenders: Rule = (graph) =>
  alarmTopics(graph).flatMap(({ name, inputs }) => {
    const policy = all(graph, "sns/topicPolicy:TopicPolicy").find((each) =>
      textAt(each.inputs, "arn").endsWith(`:${textAt(inputs, "name")}`),
    );
    const statements = listAt(jsonAt(policy?.inputs, "policy"), "Statement");
    const [allowed, denied] = ["Allow", "Deny"].map((effect) =>
      statements.filter((each) => textAt(each, "Effect") === effect),
    );
    const senders = (allowed ?? []).flatMap((each) => texts(at(each, "Principal.0.identifiers")));
    const plain = (denied ?? []).filter((each) => {
      const condition = at(each, "Condition.0");
      return (
        textAt(condition, "variable") === "aws:SecureTransport" &&
        texts(at(condition, "values")).join() === "false"
      );
    });
    return [
      ...SENDERS.filter((sender) => !senders.includes(sender)).map(
        (sender) => `${name} does not permit ${sender}`,
      ),
      ...(plain.length === 1 ? [] : [`${name} may be published to without TLS`]),
    ];
  });

export const budgetsNotifySomebody: Rule = (graph) =>
  all(graph, "budgets/budget:Budget").flatMap(({ name, inputs }) => {
    const notifications = listAt(inputs, "notifications");
    return notifications.length > 0 &&
      notifications.every((each) => listAt(each, "subscriberSnsTopicArns").length > 0)
      ? []
      : [`${name} notifies nobody`];
  });
