import { type Fleet, physical } from "./context.ts";

/**
 * A topic of alarms, with the subscriptions of the settings.
 *
 * @param part its name in the fleet
 * @param given the topic of the settings
 */
export function makeTopic(
  fleet: Fleet,
  part: string,
  given: $util.Input<string> | undefined,
): $util.Input<string> {
  const { name, settings, within } = fleet;
  const topic = given ?? ownTopic(fleet, part);
  for (const [index, endpoint] of settings.alarmEmails.entries()) {
    new aws.sns.TopicSubscription(
      `${name}${part}Email${index + 1}`,
      { topic, protocol: "email", endpoint },
      within,
    );
  }
  return topic;
}

function ownTopic(fleet: Fleet, part: string): $util.Output<string> {
  const { name, account, within } = fleet;
  const topic = new aws.sns.Topic(`${name}${part}`, { name: physical(fleet, part) }, within);

  // Only CloudWatch, Budgets and EventBridge may publish to it, over TLS.
  const policy = new aws.sns.TopicPolicy(
    `${name}${part}Policy`,
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
          tlsOnly(topic.arn),
        ],
      }).json,
    },
    within,
  );
  return policy.arn;
}

/** A statement of a topic's policy: nobody may publish without TLS. */
export function tlsOnly(topic: $util.Input<string>) {
  return {
    effect: "Deny",
    principals: [{ type: "*", identifiers: ["*"] }],
    actions: ["sns:Publish"],
    resources: [topic],
    conditions: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }],
  };
}
