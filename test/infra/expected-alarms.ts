import { all, at, listAt, numberAt, textAt } from "./read.ts";
import type { Graph, Json, Resource } from "./resource.ts";

const WAITING = "ApproximateNumberOfMessagesVisible";
const IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible";
const AGE = "ApproximateAgeOfOldestMessage";
const CRASHED =
  "RUNNING_SUM(IF(DIFF(waiting) > 0, DIFF(waiting), 0)) - RUNNING_SUM(sent + 0 * waiting)";

/** The alarms of a deployment with default settings, each in a sentence, so that every change is seen. */
const ALARMS: Readonly<Record<string, string>> = {
  SmallDlqDepth: `waiting >= 1, 1 x 300 s, missing data is healthy, notifies Alarms; waiting: Maximum of ${WAITING} of SmallDlqQueue`,
  SmallDlqGrowth: `DIFF(waiting) >= 1, 1 of 2 x 300 s, missing data is healthy, notifies Alarms; waiting: Maximum of ${WAITING} of SmallDlqQueue`,
  LargeDlqDepth: `waiting >= 1, 1 x 300 s, missing data is healthy, notifies Alarms; waiting: Maximum of ${WAITING} of LargeDlqQueue`,
  LargeDlqGrowth: `DIFF(waiting) >= 1, 1 of 2 x 300 s, missing data is healthy, notifies Alarms; waiting: Maximum of ${WAITING} of LargeDlqQueue`,
  SmallCrashed: `${CRASHED} >= 1, 2 of 4 x 300 s, missing data is healthy, notifies Alarms; waiting: Maximum of ${WAITING} of SmallDlqQueue; sent: Sum of NumberOfMessagesSent of SmallDlqQueue`,
  LargeCrashed: `${CRASHED} >= 1, 2 of 4 x 300 s, missing data is healthy, notifies Alarms; waiting: Maximum of ${WAITING} of LargeDlqQueue; sent: Sum of NumberOfMessagesSent of LargeDlqQueue`,
  SmallAge: `age >= 900, 1 x 300 s, missing data is healthy, notifies Alarms; age: Maximum of ${AGE} of SmallQueue`,
  LargeAge: `age >= 7200, 1 x 300 s, missing data is healthy, notifies Alarms; age: Maximum of ${AGE} of LargeQueue`,
  SmallRetention: `age >= 276480, 1 x 300 s, missing data is healthy, notifies Alarms; age: Maximum of ${AGE} of SmallQueue`,
  LargeRetention: `age >= 276480, 1 x 300 s, missing data is healthy, notifies Alarms; age: Maximum of ${AGE} of LargeQueue`,
  SmallDlqRetention: `age >= 967680, 1 x 300 s, missing data is healthy, notifies Alarms; age: Maximum of ${AGE} of SmallDlqQueue`,
  LargeDlqRetention: `age >= 967680, 1 x 300 s, missing data is healthy, notifies Alarms; age: Maximum of ${AGE} of LargeDlqQueue`,
  ConsumeErrors:
    "IF(calls > 0, 100 * errors / calls, 0) >= 5, 2 x 300 s, missing data is healthy, notifies Alarms; errors: Sum of Errors of ConsumeFunction; calls: Sum of Invocations of ConsumeFunction",
  ConsumeThrottles:
    "throttles >= 1, 3 x 300 s, missing data is healthy, notifies Alarms; throttles: Sum of Throttles of ConsumeFunction",
  ConsumeDuration:
    "p95 >= 96000, 2 x 300 s, missing data is healthy, notifies Alarms; p95: p95 of Duration of ConsumeFunction",
  DeliverErrors:
    "IF(calls > 0, 100 * errors / calls, 0) >= 5, 2 x 300 s, missing data is healthy, notifies Alarms; errors: Sum of Url5xxCount of DeliverFunction; calls: Sum of UrlRequestCount of DeliverFunction",
  DeliverThrottles:
    "throttles >= 1, 3 x 300 s, missing data is healthy, notifies Alarms; throttles: Sum of Throttles of DeliverFunction",
  DeliverMany:
    "calls >= 3000, 3 x 300 s, missing data is healthy, notifies Alarms; calls: Sum of UrlRequestCount of DeliverFunction",
  EdgeErrors:
    "IF(requests >= 200, errors, 0) >= 1, 2 x 300 s, missing data is healthy, notifies EdgeAlarms; errors: Average of 5xxErrorRate of DeliveryDistribution-id, Global; requests: Sum of Requests of DeliveryDistribution-id, Global",
  WorkerMissing: `IF(waiting - 1000000 * inFlight > 0, 1, 0) >= 1, 15 of 28 x 60 s, missing data is healthy, notifies Alarms; waiting: Maximum of ${WAITING} of LargeQueue; inFlight: Maximum of ${IN_FLIGHT} of LargeQueue`,
  LargeBacklog: `waiting + inFlight >= 1, 1 of 6 x 60 s, missing data is healthy, notifies WorkerBacklog; waiting: Maximum of ${WAITING} of LargeQueue; inFlight: Maximum of ${IN_FLIGHT} of LargeQueue`,
  LargeEmpty: `waiting + inFlight < 1, 10 x 60 s, missing data breaches, notifies WorkerIdle; waiting: Maximum of ${WAITING} of LargeQueue; inFlight: Maximum of ${IN_FLIGHT} of LargeQueue`,
};

/** With `delivery: { invalidate: true }`, besides. */
const INVALIDATED: typeof ALARMS = {
  InvalidateAge: `age >= 900, 1 x 300 s, missing data is healthy, notifies Alarms; age: Maximum of ${AGE} of InvalidationsQueue`,
  InvalidateDeadLetters: `waiting >= 1, 1 x 300 s, missing data is healthy, notifies Alarms; waiting: Maximum of ${WAITING} of InvalidationsDlqQueue`,
};

/** With `uploads`, besides. */
const CATALOGED: typeof ALARMS = {
  CatalogAge: `age >= 900, 1 x 300 s, missing data is healthy, notifies Alarms; age: Maximum of ${AGE} of CatalogQueue`,
  CatalogDeadLetters: `waiting >= 1, 1 x 300 s, missing data is healthy, notifies Alarms; waiting: Maximum of ${WAITING} of CatalogDlqQueue`,
  TableThrottles:
    "reads + writes >= 1, 3 x 300 s, missing data is healthy, notifies Alarms; reads: Sum of ThrottledRequests of GetItem, ImagesTable; writes: Sum of ThrottledRequests of PutItem, ImagesTable",
  TableErrors:
    "reads + writes >= 1, 3 x 300 s, missing data is healthy, notifies Alarms; reads: Sum of SystemErrors of GetItem, ImagesTable; writes: Sum of SystemErrors of PutItem, ImagesTable",
  NotificationsFailed:
    "failed >= 1, 1 x 300 s, missing data is healthy, notifies Alarms; failed: Sum of NumberOfNotificationsFailed of Notifications",
  UploadErrors:
    "IF(calls >= 20, 100 * errors / calls, 0) >= 5, 2 x 300 s, missing data is healthy, notifies Alarms; errors: Sum of 5xx of UploadsApi-id; calls: Sum of Count of UploadsApi-id",
};

const COMPARED: Readonly<Record<string, string>> = {
  GreaterThanOrEqualToThreshold: ">=",
  LessThanThreshold: "<",
};
const MISSING: Readonly<Record<string, string>> = {
  notBreaching: "missing data is healthy",
  breaching: "missing data breaches",
};

/** A line for each alarm that differs from this list. */
export function unexpectedAlarms(graph: Graph): string[] {
  const found = new Map(
    all(graph, "cloudwatch/metricAlarm:MetricAlarm").map((each) => [each.name, sentence(each)]),
  );
  const has = (name: string) => all(graph, "sqs/queue:Queue").some((each) => each.name === name);
  const expected = {
    ...ALARMS,
    ...(has("InvalidationsQueue") && INVALIDATED),
    ...(has("CatalogQueue") && CATALOGED),
  };
  return [...new Set([...Object.keys(expected), ...found.keys()])]
    .filter((name) => found.get(name) !== expected[name])
    .map((name) => `${name} is "${found.get(name)}", not "${expected[name]}"`);
}

function sentence({ inputs }: Resource): string {
  const queries = listAt(inputs, "metricQueries");
  const value = queries.find((query) => at(query, "returnData") === true);
  const measured = queries.filter((query) => at(query, "metric") !== undefined);
  const periods = new Set(measured.map((query) => numberAt(query, "metric.period")));
  const compared = COMPARED[textAt(inputs, "comparisonOperator")];
  const missing = MISSING[textAt(inputs, "treatMissingData")];
  const what = textAt(value, "expression") || textAt(value, "id");
  const actions = listAt(inputs, "alarmActions").map((arn) => plainName(String(arn)));
  const { evaluationPeriods: all, datapointsToAlarm: some = all } = inputs;
  const periodsIn = some === all ? `${all}` : `${some} of ${all}`;
  return [
    `${what} ${compared} ${inputs["threshold"]}, ${periodsIn} x ${[...periods].join(" or ")} s, ${missing}, notifies ${actions.join(" and ")}`,
    ...measured.map(metricOf),
  ].join("; ");
}

function metricOf(query: Json): string {
  const dimensions = Object.values(at(query, "metric.dimensions") ?? {});
  const of = dimensions.map((each) => plainName(String(each))).join(", ");
  const metric = textAt(query, "metric.metricName");
  return `${textAt(query, "id")}: ${textAt(query, "metric.stat")} of ${metric} of ${of}`;
}

/** `imagefleet-production-SmallQueue-bwerzbmu`, alone or at an ARN's end → `SmallQueue` */
function plainName(name: string): string {
  return name.replace(/^.*imagefleet-production-/, "").replace(/-[a-z]{8}$/, "");
}
