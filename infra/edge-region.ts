import { type AlarmScope, alarm, metric } from "./alarm.ts";
import { type Fleet, physical } from "./context.ts";
import { ALARMS } from "./numbers.ts";
import { makeTopic } from "./topic.ts";

/**
 * What must be in us-east-1: CloudFront has its metrics there, and takes web ACLs from there. An alarm
 * notifies only topics of its own region.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
 * https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html
 */
export interface EdgeRegion {
  /** The fleet, with parts in us-east-1. */
  readonly fleet: Fleet;
  readonly webAclArn: $util.Output<string> | undefined;
}

const REGION = "us-east-1";

export function edgeRegionOf(fleet: Fleet): EdgeRegion {
  const { name, delivery, within } = fleet;
  const provider = new aws.Provider(
    `${name}EdgeRegion`,
    { ...appsProvider(), region: REGION },
    within,
  );
  const there = { ...fleet, within: { ...within, provider } };
  const { requestsPer5Minutes } = delivery ?? {};
  const webAclArn =
    requestsPer5Minutes === undefined ? undefined : rateLimit(there, requestsPer5Minutes);
  return { fleet: there, webAclArn };
}

/**
 * The configuration of the app's own provider: its profile, the accounts that it accepts, its tags. Lists
 * and objects are JSON in it. SST's components copy it in the same way for another region.
 */
function appsProvider(): Record<string, unknown> {
  const config = Object.entries($util.runtime.allConfig());
  return Object.fromEntries(
    config
      .filter(([key]) => key.startsWith("aws:"))
      .map(([key, value]) => [key.slice("aws:".length), fromJson(value)]),
  );
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Blocks an address that sends more requests than a page needs. */
function rateLimit(fleet: Fleet, limit: number): $util.Output<string> {
  const visible = (metricName: string) => ({
    cloudwatchMetricsEnabled: true,
    metricName,
    sampledRequestsEnabled: false,
  });
  return new aws.wafv2.WebAcl(
    `${fleet.name}RateLimit`,
    {
      name: physical(fleet, "RateLimit"),
      scope: "CLOUDFRONT",
      defaultAction: { allow: {} },
      visibilityConfig: visible("all"),
      rules: [
        {
          name: "requests-of-one-address",
          priority: 0,
          action: { block: {} },
          statement: {
            rateBasedStatement: { limit, aggregateKeyType: "IP", evaluationWindowSec: 300 },
          },
          visibilityConfig: visible("blocked"),
        },
      ],
    },
    fleet.within,
  ).arn;
}

/** The alarms of the distribution. @returns the topic that they notify, in us-east-1 */
export function edgeAlarms(
  { fleet }: EdgeRegion,
  distributionId: $util.Input<string>,
): $util.Input<string> {
  const { name, delivery, within } = fleet;
  const alarmTopic = makeTopic(fleet, "EdgeAlarms", delivery?.alarmTopic);
  const scope: AlarmScope = { fleet, alarmTopic };
  const cloudFront = (id: string, metricName: string, stat: string) =>
    metric({
      id,
      namespace: "AWS/CloudFront",
      name: metricName,
      dimensions: { DistributionId: distributionId, Region: "Global" },
      stat,
      periodSeconds: ALARMS.periodSeconds,
    });
  alarm(
    scope,
    "EdgeErrors",
    `${ALARMS.edgeErrorPercent} % or more of CloudFront's answers are 5xx`,
    {
      expression: `IF(requests >= ${ALARMS.edgeRequests}, errors, 0)`,
      of: [
        cloudFront("errors", "5xxErrorRate", "Average"),
        cloudFront("requests", "Requests", "Sum"),
      ],
      threshold: ALARMS.edgeErrorPercent,
      periods: 2,
    },
  );
  if (delivery?.hitRatioAlarm !== true) return alarmTopic;
  new aws.cloudfront.MonitoringSubscription(
    `${name}EdgeMetrics`,
    {
      distributionId,
      monitoringSubscription: {
        realtimeMetricsSubscriptionConfig: { realtimeMetricsSubscriptionStatus: "Enabled" },
      },
    },
    within,
  );
  alarm(
    scope,
    "EdgeHitRatio",
    `Less than ${ALARMS.edgeHitPercent} % of the requests are cache hits`,
    {
      expression: `IF(requests >= ${ALARMS.edgeRequests}, 100 - hits, 0)`,
      of: [
        cloudFront("hits", "CacheHitRate", "Average"),
        cloudFront("requests", "Requests", "Sum"),
      ],
      threshold: 100 - ALARMS.edgeHitPercent,
      periods: 6,
    },
  );
  return alarmTopic;
}

/** Standard logging (v2), whose delivery is configured in us-east-1. */
export function accessLogs(
  { fleet }: EdgeRegion,
  distributionArn: $util.Input<string>,
  bucketArn: string,
): void {
  const { name, within } = fleet;
  const source = new aws.cloudwatch.LogDeliverySource(
    `${name}EdgeLogs`,
    {
      name: physical(fleet, "EdgeLogs"),
      logType: "ACCESS_LOGS",
      resourceArn: distributionArn,
    },
    within,
  );
  const destination = new aws.cloudwatch.LogDeliveryDestination(
    `${name}EdgeLogsTo`,
    {
      name: physical(fleet, "EdgeLogs"),
      outputFormat: "json",
      deliveryDestinationConfiguration: { destinationResourceArn: bucketArn },
    },
    within,
  );
  new aws.cloudwatch.LogDelivery(
    `${name}EdgeLogsDelivery`,
    { deliverySourceName: source.name, deliveryDestinationArn: destination.arn },
    within,
  );
}
