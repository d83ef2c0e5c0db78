import "./alarms.ts";
import "./awake.ts";
import "./backlog.ts";
import "./budget.ts";
import "./notices.ts";
import "./replication.ts";
import { dashboard } from "./dashboard.ts";
import { key } from "./encryption.ts";
import { worker } from "./fleet.ts";
import { consume } from "./intake.ts";
import { doctorPolicy, operatorPolicy, viewerPolicy } from "./operator.ts";
import { large, small } from "./queues.ts";
import { region, settings } from "./stage.ts";
import { renditions, source } from "./storage.ts";
import { alarmTopic } from "./topic.ts";

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
  functionLogs: consume.nodes.logGroup.apply((group) => group?.name ?? $output("")),
  ...(!$dev && { workerLogs: logsOf(worker.nodes.taskDefinition) }),
  ...(key && { keyArn: key.arn }),
  alarmTopicArn: alarmTopic,
  ...(!$dev &&
    settings.alarmEmails.length === 0 && {
      alarms: "are told to nobody: set alarmEmails in infra/settings.ts, or subscribe to the topic",
    }),
  viewerPolicy: viewerPolicy.arn,
  operatorPolicy: operatorPolicy.arn,
  doctorPolicy: doctorPolicy.arn,
  ...(dashboard && {
    dashboard: $interpolate`https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboard.dashboardName}`,
  }),
};

/** SST shows the task's log group nowhere but here. */
function logsOf(task: $util.Input<aws.ecs.TaskDefinition>): $util.Output<string> {
  return $output(task)
    .apply(({ containerDefinitions }) => containerDefinitions)
    .apply((json) => {
      const [container]: { logConfiguration: { options: Record<string, string> } }[] =
        JSON.parse(json);
      return container?.logConfiguration.options["awslogs-group"] ?? "";
    });
}
