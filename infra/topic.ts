import { type Fleet, physical } from "./context.ts";

/** The topic of all alarms, with the subscriptions of the settings. */
export function makeTopic(fleet: Fleet): $util.Input<string> {
  const { name, settings, within } = fleet;
  const topic = settings.alarmTopic ?? ownTopic(fleet);
  for (const [index, endpoint] of settings.alarmEmails.entries()) {
    new aws.sns.TopicSubscription(
      `${name}AlarmsEmail${index + 1}`,
      { topic, protocol: "email", endpoint },
      within,
    );
  }
  return topic;
}

function ownTopic(fleet: Fleet): $util.Output<string> {
  const { name, account, within } = fleet;
  const topic = new aws.sns.Topic(`${name}Alarms`, { name: physical(fleet, "Alarms") }, within);

  // Only CloudWatch, Budgets and EventBridge may publish to it, over TLS.
  const policy = new aws.sns.TopicPolicy(
    `${name}AlarmsPolicy`,
    {
      arn: topic.arn,
      policy: aws.iam.getPolicyDocumentOutput({
        statements: [
          {
            effect: "Allow",
            principals: [
              {
                type: "Service",
                identifiers: ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"],
              },
            ],
            actions: ["sns:Publish"],
            resources: [topic.arn],
            conditions: [
              { test: "StringEquals", variable: "aws:SourceAccount", values: [account] },
            ],
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
    },
    within,
  );
  return policy.arn;
}
