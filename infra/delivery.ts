import { type AlarmScope, alarm, metric } from "./alarm.ts";
import { makeDistribution } from "./cdn.ts";
import type { Fleet } from "./context.ts";
import { letDistributionCall, makeDeliver } from "./deliver.ts";
import { accessLogs, edgeAlarms, edgeRegionOf } from "./edge-region.ts";
import type { Parts } from "./function.ts";
import { ALARMS } from "./numbers.ts";
import { signingOf } from "./signing.ts";

export interface Delivery {
  /** Makes renditions on request. */
  readonly deliver: sst.aws.Function;
  readonly distributionArn: $util.Input<string>;
  /** Absent for a distribution that is not the fleet's. */
  readonly distributionId?: $util.Output<string>;
  /** The key to sign ad-hoc sizes with, where the recipe has them. */
  readonly signingKey?: $util.Output<string>;
  /** The topic of CloudFront's alarms, in us-east-1. */
  readonly alarmTopicArn?: $util.Input<string>;
  /** Where renditions are: absent for a distribution that is not the fleet's. */
  readonly url?: $util.Output<string>;
}

/** CloudFront, and the function behind it; undefined where the settings want neither. */
export function makeDelivery(fleet: Fleet, parts: Parts): Delivery | undefined {
  const { delivery } = fleet;
  const { distribution } = fleet.settings;
  if (delivery === undefined) return undefined;
  if (distribution !== undefined) {
    const deliver = makeDeliver(fleet, parts);
    letDistributionCall(fleet, deliver, distribution);
    return { deliver, distributionArn: distribution };
  }
  const deliver = makeDeliver(fleet, parts);
  const edge = edgeRegionOf(fleet);
  const signing = signingOf(fleet);
  const cdn = makeDistribution(fleet, parts.stores.renditions, deliver, edge, signing);
  const { arn: distributionArn, id: distributionId } = $output(cdn.nodes.distribution);
  letDistributionCall(fleet, deliver, distributionArn);
  const alarmTopicArn = $dev ? undefined : edgeAlarms(edge, distributionId);
  if (delivery.accessLogs !== undefined) accessLogs(edge, distributionArn, delivery.accessLogs);
  const url = $util.all([cdn.domainUrl, cdn.url]).apply(([own, cloudFront]) => own ?? cloudFront);
  return {
    deliver,
    distributionArn,
    distributionId,
    url,
    ...(signing && { signingKey: signing.key }),
    ...(alarmTopicArn !== undefined && { alarmTopicArn }),
  };
}

/** The alarms of the function that makes renditions on request. */
export function deliveryAlarms(scope: AlarmScope, { deliver }: Delivery): void {
  const lambda = (id: string, name: string) =>
    metric({
      id,
      namespace: "AWS/Lambda",
      name,
      dimensions: { FunctionName: deliver.name },
      stat: "Sum",
      periodSeconds: ALARMS.periodSeconds,
    });
  alarm(
    scope,
    "DeliverErrors",
    `${ALARMS.errorPercent} % or more of the requests for missing renditions fail`,
    {
      expression: "IF(calls > 0, 100 * errors / calls, 0)",
      of: [lambda("errors", "Url5xxCount"), lambda("calls", "UrlRequestCount")],
      threshold: ALARMS.errorPercent,
      periods: 2,
    },
  );
  alarm(
    scope,
    "DeliverThrottles",
    "Requests for missing renditions are throttled: the function's concurrency is exhausted",
    { of: [lambda("throttles", "Throttles")], threshold: 1, periods: 3 },
  );
  alarm(
    scope,
    "DeliverMany",
    `${ALARMS.madeOnRequest} renditions or more are made on request in five minutes: run reprocess, or see who requests them`,
    { of: [lambda("calls", "UrlRequestCount")], threshold: ALARMS.madeOnRequest, periods: 3 },
  );
}
