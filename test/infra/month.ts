import { all, at, listAt, numberAt } from "./read.ts";
import type { Graph } from "./resource.ts";

const MONTH_HOURS = 730;
const MONTH_SECONDS = MONTH_HOURS * 3600;
/** Lambda's pollers of a queue that is empty, and how long each of them waits for an answer, s. */
const POLLERS = 5;
const POLL_SECONDS = 20;
/**
 * The most of a poller in provisioned mode, a second. AWS does not say how many an empty queue gets: they
 * are long polls, so fewer.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const POLLS_OF_POLLER = 10;

/** USD, by list price. */
interface Prices {
  readonly cloudwatch: {
    readonly alarmMetricMonth: number;
    readonly dashboardMonth: number;
    readonly metricMonth: number;
  };
  readonly s3: { readonly write: number; readonly gibMonth: number };
  readonly sqs: { readonly request: number };
  readonly lambda: { readonly pollerHour: number };
  readonly kms: { readonly keyMonth: number };
}

/** The example: uploads, the bytes of a source, and those of its renditions together. */
const UPLOADS = 100_000;
const SOURCE_BYTES = 2_500_000;
const RENDITION_BYTES = 200_000;
/** The fleet's own metrics if most pictures succeed: docs/telemetry.md. */
const METRICS = 30;

/** What is paid for, and USD. */
type Row = readonly [string, number];

/**
 * What a stage costs in a month in which nothing is uploaded, counted from what would be deployed, as
 * it stands in docs/deploy.md.
 */
export function idleTable(graph: Graph, prices: Prices): string {
  const line = ([what, usd]: Row) => `| ${what} | $${usd.toFixed(2)} |`;
  return [
    "| an idle month | USD |",
    "| --- | ---: |",
    ...idleRows(graph, prices).map(line),
    line(["**total**", idleUsd(graph, prices)]),
  ].join("\n");
}

/**
 * What a month with uploads costs, as it stands in docs/deploy.md.
 *
 * @param shippedUsd of a million pictures by the shipped recipe, as the bench measured it
 */
export function monthTable(graph: Graph, prices: Prices, shippedUsd: number): string {
  const { s3, cloudwatch } = prices;
  const images = `${UPLOADS.toLocaleString("en-US")} x $`;
  const stored = (bytes: number) => {
    const gib = Math.round((UPLOADS * bytes) / 2 ** 30);
    return [`${gib} GiB x $${s3.gibMonth}`, gib * s3.gibMonth] as const;
  };
  const rendering = (shippedUsd * UPLOADS) / 1e6;
  const rows: (readonly [string, string, number])[] = [
    [
      "rendering, by the *shipped* recipe",
      `${images}${shippedUsd.toFixed(2)} a million`,
      rendering,
    ],
    ["the uploads, a PUT each", `${images}${s3.write * 1e6} a million`, UPLOADS * s3.write],
    ["storage of sources of 2.5 MB", ...stored(SOURCE_BYTES)],
    ["storage of their renditions, together 0.2 MB", ...stored(RENDITION_BYTES)],
    [
      "the fleet's own metrics",
      `${METRICS} x $${cloudwatch.metricMonth.toFixed(2)}`,
      METRICS * cloudwatch.metricMonth,
    ],
    ["alarms, dashboard, polls", "[an idle month](#an-idle-month)", idleUsd(graph, prices)],
  ];
  const total = rows.reduce((sum, [, , usd]) => sum + usd, 0);
  return [
    "| a month with 100,000 uploads | | USD |",
    "| --- | --- | ---: |",
    ...rows.map(([what, how, usd]) => `| ${what} | ${how} | $${usd.toFixed(2)} |`),
    `| **total, the first month** | | $${total.toFixed(2)} |`,
  ].join("\n");
}

export function idleUsd(graph: Graph, prices: Prices): number {
  return idleRows(graph, prices).reduce((sum, [, usd]) => sum + usd, 0);
}

/** Of the pollers that a stage has at the least. */
export function pollerRows(graph: Graph, prices: Prices): Row[] {
  const pollers = all(graph, "lambda/eventSourceMapping:EventSourceMapping")
    .map(({ inputs }) => numberAt(inputs, "provisionedPollerConfig.minimumPollers"))
    .reduce((sum, each) => sum + (each || 0), 0);
  if (pollers === 0) return [];
  return [
    [`${pollers} pollers`, pollers * MONTH_HOURS * prices.lambda.pollerHour],
    ["their long polls, at most", pollers * MONTH_SECONDS * POLLS_OF_POLLER * prices.sqs.request],
  ];
}

function idleRows(graph: Graph, prices: Prices): Row[] {
  const metrics = all(graph, "cloudwatch/metricAlarm:MetricAlarm").reduce(
    (sum, { inputs }) => sum + Math.max(1, measured(listAt(inputs, "metricQueries"))),
    0,
  );
  const alarms = all(graph, "cloudwatch/metricAlarm:MetricAlarm").length;
  const dashboards = all(graph, "cloudwatch/dashboard:Dashboard").length;
  const mappings = all(graph, "lambda/eventSourceMapping:EventSourceMapping").filter(
    ({ inputs }) => at(inputs, "provisionedPollerConfig") === undefined,
  ).length;
  const polls = (mappings * POLLERS * MONTH_SECONDS) / POLL_SECONDS;
  const keys = all(graph, "kms/key:Key").length;
  return [
    [`${alarms} alarms over ${metrics} metrics`, metrics * prices.cloudwatch.alarmMetricMonth],
    [`${dashboards} dashboard`, dashboards * prices.cloudwatch.dashboardMonth],
    [
      `${Math.round(polls / 1000)},000 long polls of Lambda's at ${mappings === 1 ? "the small queue" : `${mappings} queues`}`,
      polls * prices.sqs.request,
    ],
    ...pollerRows(graph, prices),
    ...(keys === 0 ? [] : ([[`${keys} key of KMS`, keys * prices.kms.keyMonth]] as const)),
    ["no task, no NAT gateway, no address, no load balancer", 0],
  ];
}

/** Expressions are free: the metrics that they are made of are not. */
function measured(queries: ReturnType<typeof listAt>): number {
  return queries.filter((query) => at(query, "metric") !== undefined).length;
}
