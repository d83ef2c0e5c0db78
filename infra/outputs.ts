import type { Fleet } from "./context.ts";
import type { Programs } from "./dashboard.ts";
import type { Delivery } from "./delivery.ts";
import type { policiesForPeople } from "./operator.ts";
import type { Lanes } from "./queues.ts";
import type { Stores } from "./storage.ts";

interface Made {
  readonly key: $util.Input<string> | undefined;
  readonly stores: Stores;
  readonly lanes: Lanes;
  readonly programs: Programs;
  readonly people: ReturnType<typeof policiesForPeople>;
  readonly alarmTopic: $util.Input<string>;
  readonly delivery: Delivery | undefined;
  readonly page: aws.cloudwatch.Dashboard | undefined;
}

/** What `sst deploy` prints and applications use. */
export function outputsOf({ region, settings, delivery: wanted }: Fleet, made: Made) {
  const { key, stores, lanes, programs, people, alarmTopic, page, delivery } = made;
  const { source, renditions } = stores;
  const { small, large } = lanes;
  const { consume, worker, invalidations, catalog, uploads } = programs;
  return {
    sourceBucket: source.name,
    renditionBucket: renditions.name,
    smallQueue: small.queue.url,
    smallQueueArn: small.queue.arn,
    smallDlq: small.dlq.url,
    largeQueue: large.queue.url,
    largeDlq: large.dlq.url,
    function: consume.name,
    functionLogs: functionLogs(consume),
    ...(!$dev && { workerLogs: logsOf(worker.nodes.taskDefinition) }),
    ...(key && { keyArn: key }),
    ...(delivery && {
      deliver: delivery.deliver.name,
      deliverUrl: delivery.deliver.url,
      ...(delivery.url && { imagesUrl: delivery.url }),
      ...(delivery.alarmTopicArn && { edgeAlarmTopicArn: delivery.alarmTopicArn }),
      ...(delivery.distributionId && { distributionId: delivery.distributionId }),
    }),
    ...(delivery?.url &&
      wanted?.domain === undefined && {
        tls: "CloudFront's own address cannot refuse TLS 1.0 and 1.1: set delivery.domain",
      }),
    ...(invalidations && {
      invalidationsQueue: invalidations.queues.queue.url,
      invalidationsDlq: invalidations.queues.dlq.url,
      invalidationLogs: functionLogs(invalidations.fn),
    }),
    ...(catalog && {
      table: catalog.table.name,
      topicArn: catalog.topicArn,
      catalogQueue: catalog.queues.queue.url,
      catalogQueueArn: catalog.queues.queue.arn,
      catalogDlq: catalog.queues.dlq.url,
      catalogLogs: functionLogs(catalog.fn),
    }),
    ...(uploads && { apiUrl: uploads.api.url, uploadLogs: functionLogs(uploads.fn) }),
    alarmTopicArn: alarmTopic,
    ...(!$dev &&
      settings.alarmTopic === undefined &&
      settings.alarmEmails.length === 0 && {
        alarms: "have no subscriber: set alarmEmails or alarmTopic, or subscribe to the topic",
      }),
    viewerPolicy: people.viewer.arn,
    operatorPolicy: people.operator.arn,
    doctorPolicy: people.doctor.arn,
    ...(page && {
      dashboard: $interpolate`https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${page.dashboardName}`,
    }),
  };
}

function functionLogs({ nodes }: sst.aws.Function): $util.Output<string> {
  return nodes.logGroup.apply((group) => group?.name ?? $output(""));
}

/** SST has the name of the task's log group only in the container definition. */
function logsOf(task: $util.Input<aws.ecs.TaskDefinition>): $util.Output<string> {
  return $output(task)
    .apply(({ containerDefinitions }) => containerDefinitions)
    .apply((json) => {
      const [container]: { logConfiguration: { options: Record<string, string> } }[] =
        JSON.parse(json);
      return container?.logConfiguration.options["awslogs-group"] ?? "";
    });
}
