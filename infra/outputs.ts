import "./alarms.ts";
import "./backlog.ts";
import "./budget.ts";
import "./replication.ts";
import { dashboard } from "./dashboard.ts";
import { consume } from "./intake.ts";
import { operatorPolicy, viewerPolicy } from "./operator.ts";
import { large, small } from "./queues.ts";
import { region } from "./stage.ts";
import { renditions, source } from "./storage.ts";

/** What `sst deploy` prints, and what an application needs to know. */
export const outputs = {
  sourceBucket: source.name,
  renditionBucket: renditions.name,
  smallQueue: small.queue.url,
  smallQueueArn: small.queue.arn,
  smallDlq: small.letters.url,
  largeQueue: large.queue.url,
  largeDlq: large.letters.url,
  function: consume.name,
  viewerPolicy: viewerPolicy.arn,
  operatorPolicy: operatorPolicy.arn,
  ...(dashboard && {
    dashboard: $interpolate`https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboard.dashboardName}`,
  }),
};
