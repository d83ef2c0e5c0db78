import type { Catalog } from "./catalog.ts";
import { type Fleet, physical } from "./context.ts";
import type { Delivery } from "./delivery.ts";
import type { Invalidations } from "./invalidate.ts";
import { ownRows } from "./own-graphs.ts";
import type { Lanes } from "./queues.ts";
import type { Uploads } from "./uploads.ts";
import { type Graph, graphs, type Place, page, type Row } from "./widgets.ts";

type Names = Record<
  | "small"
  | "large"
  | "smallDlq"
  | "largeDlq"
  | "consume"
  | "cluster"
  | "service"
  | "logs"
  | "region"
  | "deliver"
  | "distribution"
  | "invalidations"
  | "invalidationsDlq"
  | "invalidate"
  | "catalog"
  | "catalogDlq"
  | "projector"
  | "table"
  | "topic"
  | "api"
  | "upload",
  string
>;

export interface Programs {
  readonly consume: sst.aws.Function;
  readonly worker: sst.aws.Service;
  readonly cluster: sst.aws.Cluster;
  readonly invalidations: Invalidations | undefined;
  readonly catalog: Catalog | undefined;
  readonly uploads: Uploads | undefined;
}

/** The first page to open: backlog, failures, dead letters, throughput and savings. */
export function dashboard(
  fleet: Fleet,
  { small, large }: Lanes,
  { consume, worker, cluster, invalidations, catalog, uploads }: Programs,
  metricsNamespace: string | undefined,
  delivery: Delivery | undefined,
): aws.cloudwatch.Dashboard {
  const names = $output({
    small: small.queue.nodes.queue.name,
    large: large.queue.nodes.queue.name,
    smallDlq: small.dlq.nodes.queue.name,
    largeDlq: large.dlq.nodes.queue.name,
    consume: consume.name,
    cluster: cluster.nodes.cluster.name,
    service: $output(worker.nodes.service).name,
    logs: consume.nodes.logGroup.apply((group) => group?.name ?? $output("")),
    region: fleet.region,
    deliver: delivery?.deliver.name ?? "",
    distribution: delivery?.distributionId ?? "",
    invalidations: invalidations?.queues.queue.nodes.queue.name ?? "",
    invalidationsDlq: invalidations?.queues.dlq.nodes.queue.name ?? "",
    invalidate: invalidations?.fn.name ?? "",
    catalog: catalog?.queues.queue.nodes.queue.name ?? "",
    catalogDlq: catalog?.queues.dlq.nodes.queue.name ?? "",
    projector: catalog?.fn.name ?? "",
    table: catalog?.table.name ?? "",
    topic: catalog?.topicName ?? "",
    api: uploads?.api.nodes.api.id ?? "",
    upload: uploads?.fn.name ?? "",
  });
  return new aws.cloudwatch.Dashboard(
    `${fleet.name}Dashboard`,
    {
      dashboardName: physical(fleet, "Dashboard"),
      dashboardBody: names.apply((known: Names) =>
        JSON.stringify({ widgets: page(rows(known, metricsNamespace)) }),
      ),
    },
    fleet.within,
  );
}

function rows(names: Names, metricsNamespace: string | undefined): Row[] {
  const graph = graphs(names.region);
  const sqs = (queue: string, metric: string, label: string): Place => [
    "AWS/SQS",
    metric,
    "QueueName",
    queue,
    { stat: "Maximum", label },
  ];
  const lambda = (metric: string, stat: string, label: string, name = names.consume): Place => [
    "AWS/Lambda",
    metric,
    "FunctionName",
    name,
    { stat, label },
  ];
  const lane = (title: string, queue: string) =>
    graph(`${title} lane: messages`, [
      sqs(queue, "ApproximateNumberOfMessagesVisible", "waiting"),
      sqs(queue, "ApproximateNumberOfMessagesNotVisible", "in flight"),
    ]);
  const age = "ApproximateAgeOfOldestMessage";
  const dead = "ApproximateNumberOfMessagesVisible";
  /** A queue pair besides the lanes, and the function that consumes it. */
  const consumed = (title: string, what: string, queue: string, dlq: string, fn: string): Row => [
    6,
    graph(`${title}: ${what}`, [sqs(queue, dead, "waiting"), sqs(dlq, dead, "dead letters")]),
    graph(`${title}: oldest message, s`, [sqs(queue, age, "oldest")]),
    graph(`${title}: batches`, [
      lambda("Invocations", "Sum", "batches", fn),
      lambda("Errors", "Sum", "failed whole", fn),
      lambda("Throttles", "Sum", "throttled", fn),
    ]),
  ];
  const tasks: Place = [
    "AWS/ECS",
    "CPUUtilization",
    "ClusterName",
    names.cluster,
    "ServiceName",
    names.service,
    { stat: "SampleCount", period: 60, label: "tasks" },
  ];
  return [
    [
      6,
      lane("Small", names.small),
      lane("Large", names.large),
      graph("Oldest message, s", [sqs(names.small, age, "small"), sqs(names.large, age, "large")]),
      graph("Dead letters", [
        sqs(names.smallDlq, dead, "small"),
        sqs(names.largeDlq, dead, "large"),
      ]),
    ],
    ...(metricsNamespace === undefined ? [] : ownRows(graph, metricsNamespace)),
    [
      6,
      graph("Function: batches", [
        lambda("Invocations", "Sum", "batches"),
        lambda("Errors", "Sum", "failed whole"),
        lambda("Throttles", "Sum", "throttled"),
      ]),
      graph("Function: duration, ms, and at once", [
        lambda("Duration", "p50", "p50"),
        lambda("Duration", "p95", "p95"),
        lambda("ConcurrentExecutions", "Maximum", "at once"),
      ]),
      graph("Worker tasks", [tasks]),
    ],
    ...deliveryRows(names, graph, lambda),
    ...(names.invalidate === ""
      ? []
      : [
          consumed(
            "Invalidations",
            "sources",
            names.invalidations,
            names.invalidationsDlq,
            names.invalidate,
          ),
        ]),
    ...(names.projector === ""
      ? []
      : [consumed("Catalog", "messages", names.catalog, names.catalogDlq, names.projector)]),
    ...catalogRows(names, graph),
    ...uploadRows(names, graph, lambda),
    [
      8,
      {
        type: "log",
        properties: {
          title: "Rejected and failed in the small lane, the latest",
          region: names.region,
          view: "table",
          query: [
            `SOURCE '${names.logs}'`,
            'filter msg = "job" and outcome in ["rejected", "failed"]',
            "fields @timestamp, outcome, reason, key, message, receiveCount",
            "sort @timestamp desc",
            "limit 50",
          ].join(" | "),
        },
      },
      graph(
        "Cost: what is paid by use, a day",
        [
          lambda("Duration", "Sum", "function, ms"),
          lambda("Invocations", "Sum", "function, requests"),
          sqs(names.small, "NumberOfMessagesSent", "small lane, messages"),
          [
            "AWS/ECS",
            "CPUUtilization",
            "ClusterName",
            names.cluster,
            "ServiceName",
            names.service,
            { stat: "SampleCount", label: "worker, task minutes" },
          ],
        ],
        { view: "singleValue", period: 86_400, stat: "Sum" },
      ),
    ],
  ];
}

type Metric = (metric: string, stat: string, label: string, name: string) => Place;

function catalogRows({ table, topic }: Names, graph: Graph): Row[] {
  if (table === "") return [];
  const ofTable = (metric: string, operation: string, stat = "Sum"): Place => [
    "AWS/DynamoDB",
    metric,
    "TableName",
    table,
    "Operation",
    operation,
    { stat, label: operation },
  ];
  const ofTopic = (metric: string, label: string): Place => [
    "AWS/SNS",
    metric,
    "TopicName",
    topic,
    { stat: "Sum", label },
  ];
  return [
    [
      6,
      graph(
        "Table: p95, ms",
        ["GetItem", "PutItem"].map((each) => ofTable("SuccessfulRequestLatency", each, "p95")),
      ),
      graph("Table: throttled and failed", [
        ...["GetItem", "PutItem"].map((each) => ofTable("ThrottledRequests", each)),
        ...["GetItem", "PutItem"].map((each) => ofTable("SystemErrors", each)),
      ]),
      ...(topic === ""
        ? []
        : [
            graph("Notifications", [
              ofTopic("NumberOfMessagesPublished", "published"),
              ofTopic("NumberOfNotificationsDelivered", "delivered"),
              ofTopic("NumberOfNotificationsFailed", "failed"),
            ]),
          ]),
    ],
  ];
}

function uploadRows({ api, upload }: Names, graph: Graph, lambda: Metric): Row[] {
  if (api === "") return [];
  const ofApi = (metric: string, stat: string, label: string): Place => [
    "AWS/ApiGateway",
    metric,
    "ApiId",
    api,
    { stat, label },
  ];
  return [
    [
      6,
      graph("Uploads: requests", [
        ofApi("Count", "Sum", "requests"),
        ofApi("4xx", "Sum", "refused"),
        ofApi("5xx", "Sum", "failed"),
      ]),
      graph("Uploads: p50 and p95, ms", [
        ofApi("Latency", "p50", "p50"),
        ofApi("Latency", "p95", "p95"),
      ]),
      graph("Uploads: function", [
        lambda("Errors", "Sum", "failed", upload),
        lambda("Throttles", "Sum", "throttled", upload),
      ]),
    ],
  ];
}

/** CloudFront's metrics are in us-east-1, whatever the fleet's region is. */
function deliveryRows({ deliver, distribution }: Names, graph: Graph, lambda: Metric): Row[] {
  if (deliver === "") return [];
  const atEdge = graphs("us-east-1");
  const cloudFront = (metric: string, stat: string, label: string): Place => [
    "AWS/CloudFront",
    metric,
    "DistributionId",
    distribution,
    "Region",
    "Global",
    { stat, label },
  ];
  return [
    [
      6,
      ...(distribution === ""
        ? []
        : [
            atEdge("CloudFront: requests", [cloudFront("Requests", "Sum", "requests")]),
            atEdge("CloudFront: errors, %", [
              cloudFront("4xxErrorRate", "Average", "4xx"),
              cloudFront("5xxErrorRate", "Average", "5xx"),
            ]),
          ]),
      graph("Made on request", [
        lambda("UrlRequestCount", "Sum", "requests", deliver),
        lambda("Url5xxCount", "Sum", "failed", deliver),
        lambda("Throttles", "Sum", "throttled", deliver),
      ]),
      graph("Made on request: duration, ms", [
        lambda("Duration", "p50", "p50", deliver),
        lambda("Duration", "p95", "p95", deliver),
      ]),
    ],
  ];
}
