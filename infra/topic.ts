import { account, physical, settings } from "./stage.ts";

const topic = new aws.sns.Topic("Alarms", { name: physical("Alarms") });

/** CloudWatch, Budgets and EventBridge may write to it, over TLS, and nobody else. */
const policy = new aws.sns.TopicPolicy("AlarmsPolicy", {
  arn: topic.arn,
  policy: aws.iam.getPolicyDocumentOutput({
    statements: [
      {
        effect: "Allow",
        principals: [
          { type: "Service", identifiers: ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"] },
        ],
        actions: ["sns:Publish"],
        resources: [topic.arn],
        conditions: [{ test: "StringEquals", variable: "aws:SourceAccount", values: [account] }],
      },
      {
        effect: "Allow",
        principals: [{ type: "Service", identifiers: ["events.amazonaws.com"] }],
        actions: ["sns:Publish"],
        resources: [topic.arn],
        // No condition: EventBridge supports none in a topic's policy.
        // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
      },
      {
        effect: "Deny",
        principals: [{ type: "*", identifiers: ["*"] }],
        actions: ["sns:Publish"],
        resources: [topic.arn],
        conditions: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }],
      },
    ],
  }).json,
});

for (const [index, endpoint] of settings.alarmEmails.entries()) {
  new aws.sns.TopicSubscription(`AlarmsEmail${index + 1}`, {
    topic: topic.arn,
    protocol: "email",
    endpoint,
  });
}

/** Where every alarm goes; who listens is in the settings. */
export const alarmTopic = policy.arn;
