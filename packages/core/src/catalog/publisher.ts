import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { asFailure, type ClientOptions, clientConfig } from "../aws/index.ts";
import { messageBody } from "../intake/index.ts";
import { Failure } from "../outcome/index.ts";
import type { Notification } from "./notification-schema.ts";

/** Where notifications go. @throws Failure `StoreUnavailable` or `Throttled` */
export type Publish = (notification: Notification, signal: AbortSignal) => Promise<void>;

/** The `source` of the events, by which a rule of EventBridge finds them. */
export const EVENT_SOURCE = "imagefleet";

/**
 * Publishes to a topic of SNS, to a bus of EventBridge, or to both. If one of them fails, the
 * notification is published to both again: a receiver knows duplicates by their id.
 *
 * @example
 * const topicArn = "arn:aws:sns:eu-west-1:123456789012:images";
 * const publish = publishTo({ topicArn }, { region: "eu-west-1" });
 */
export function publishTo(
  { topicArn, eventBus }: { topicArn?: string | undefined; eventBus?: string | undefined },
  options: ClientOptions,
): Publish {
  const config = clientConfig(options);
  const sns = topicArn === undefined ? undefined : new SNSClient(config);
  const events = eventBus === undefined ? undefined : new EventBridgeClient(config);
  return async (notification, signal) => {
    const text = messageBody(notification);
    const { type, user, key, at } = notification;
    try {
      await sns?.send(
        new PublishCommand({
          TopicArn: topicArn,
          Message: text,
          // For filter policies of subscriptions.
          MessageAttributes: attributesOf({ type, user, prefix: folderOf(key) }),
        }),
        { abortSignal: signal },
      );
      const answer = await events?.send(
        new PutEventsCommand({
          Entries: [
            {
              EventBusName: eventBus,
              Source: EVENT_SOURCE,
              DetailType: type,
              Detail: text,
              Time: new Date(at),
            },
          ],
        }),
        { abortSignal: signal },
      );
      // An event that is refused is no error of the request.
      // https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
      const [refused] = answer?.Entries?.filter(({ ErrorCode }) => ErrorCode !== undefined) ?? [];
      if (refused) {
        const { ErrorCode, ErrorMessage } = refused;
        throw new Failure("StoreUnavailable", `EventBridge refused: ${ErrorCode}, ${ErrorMessage}`);
      }
    } catch (error) {
      throw asFailure(`publish ${type} of ${key}`, error, signal);
    }
  };
}

/** SNS accepts the characters of XML, and no empty value. */
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

function attributesOf(values: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value = ""]) => {
      const StringValue = value.replace(NOT_XML, "\ufffd");
      return value === "" ? [] : [[name, { DataType: "String", StringValue }]];
    }),
  );
}

function folderOf(key: string): string {
  return key.slice(0, key.indexOf("/") + 1);
}
