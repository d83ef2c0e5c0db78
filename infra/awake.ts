import { type Fleet, physical, physicalOfAccount } from "./context.ts";
import { AWAKE_TAG, type Lanes } from "./queues.ts";

/**
 * SQS stops reporting metrics of a queue that was not used for six hours, and takes up to 15 minutes to
 * start again. The first large image of a morning would wait that long for a task, and a dead letter for
 * its alarm. Any call counts as use. EventBridge Scheduler makes no read-only calls, so this one writes
 * the tag that is there already. Lambda polls the queues of its functions all the time.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
 */
export function stayAwake(fleet: Fleet, { small, large, invalidations, catalog }: Lanes): void {
  const { name: prefix, account, within } = fleet;
  const queues = {
    SmallDlq: small.dlq,
    Large: large.queue,
    LargeDlq: large.dlq,
    ...(invalidations && { InvalidationsDlq: invalidations.dlq }),
    ...(catalog && { CatalogDlq: catalog.dlq }),
  };
  const role = new aws.iam.Role(
    `${prefix}AwakeRole`,
    {
      name: physicalOfAccount(fleet, "Awake"),
      assumeRolePolicy: aws.iam.getPolicyDocumentOutput({
        statements: [
          {
            principals: [{ type: "Service", identifiers: ["scheduler.amazonaws.com"] }],
            actions: ["sts:AssumeRole"],
            conditions: [
              { test: "StringEquals", variable: "aws:SourceAccount", values: [account] },
            ],
          },
        ],
      }).json,
    },
    within,
  );
  new aws.iam.RolePolicy(
    `${prefix}AwakePolicy`,
    {
      role: role.id,
      policy: aws.iam.getPolicyDocumentOutput({
        statements: [
          { actions: ["sqs:TagQueue"], resources: Object.values(queues).map(({ arn }) => arn) },
        ],
      }).json,
    },
    within,
  );
  for (const [name, { url }] of Object.entries(queues)) {
    new aws.scheduler.Schedule(
      `${prefix}${name}Awake`,
      {
        name: physical(fleet, `${name}Awake`),
        scheduleExpression: "rate(1 hours)",
        flexibleTimeWindow: { mode: "FLEXIBLE", maximumWindowInMinutes: 15 },
        target: {
          arn: "arn:aws:scheduler:::aws-sdk:sqs:tagQueue",
          roleArn: role.arn,
          input: $jsonStringify({ QueueUrl: url, Tags: AWAKE_TAG }),
          // The next call follows in an hour.
          retryPolicy: { maximumRetryAttempts: 0 },
        },
      },
      within,
    );
  }
}
