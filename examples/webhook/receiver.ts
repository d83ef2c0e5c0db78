import { type Notification, parseNotification } from "@imagefleet/client";
// Of the two libraries on npm that check both versions of SNS's signatures, this one is AWS's own, has no
// dependency, and keeps no certificate that could not be read. Its last release is of 2022 (SHA-256).
// sns-payload-validator 2.1.0 (2024) also keeps an answer of 500 in the place of a certificate, and then
// all messages fail until a restart. Both accept every host `sns.….amazonaws.com`, some of which are
// buckets of S3: `isOfSns` below is stricter. This one refuses the message that confirms the end of a
// subscription, because it leaves its token out. Nothing follows from that message here.
import MessageValidator from "sns-validator";
import * as v from "valibot";
import { Inbox } from "./inbox.ts";

export interface ReceiverOptions {
  /** The output `topicArn` of the fleet. Messages of any other topic are refused. */
  readonly topicArn: string;
  /** What the application does with a notification. It is called once for each, in order by image. */
  readonly apply: (notification: Notification) => Promise<void>;
  /** Host and port of SNS. Default: AWS's, in the topic's region. */
  readonly host?: string | undefined;
}

/** The answer to a request of SNS. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
const text = v.string();
const common = { MessageId: text, TopicArn: text, Message: text, Timestamp: text };
const signed = { SignatureVersion: text, Signature: text, SigningCertURL: text };
const messageSchema = v.pipe(
  text,
  v.parseJson(),
  v.variant("Type", [
    v.object({ Type: v.literal("Notification"), Subject: v.optional(text), ...common, ...signed }),
    v.object({
      Type: v.literal("SubscriptionConfirmation"),
      Token: text,
      SubscribeURL: text,
      ...common,
      ...signed,
    }),
  ]),
);
type Message = v.InferOutput<typeof messageSchema>;

/**
 * SNS retries for an hour at most. What is older was recorded by somebody, and is sent again.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 */
const OLDEST_MS = 70 * 60 * 1000;

/** SNS waits for 15 s. https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html */
const TIMEOUT_MS = 5_000;

const CERTIFICATE = /^\/SimpleNotificationService-[0-9a-f]{32}\.pem$/;

class Refused extends Error {}

/**
 * Takes the bodies that SNS posts. SNS repeats a message after an answer of 500 and more, and gives it up
 * after one of 400 to 499.
 *
 * @example
 * const receive = createReceiver({ topicArn, apply: async ({ type, key }) => db.save(key, type) });
 * const { status, text } = await receive(body);
 */
export function createReceiver(options: ReceiverOptions): (body: string) => Promise<Answer> {
  const { topicArn, apply, host = hostOf(topicArn) } = options;
  const validator = new MessageValidator(new RegExp(`^${host.replaceAll(".", "\\.")}$`));
  const inbox = new Inbox(apply);

  /** Before anything is requested, because everyone can write a message. */
  function check({ TopicArn, SigningCertURL, Timestamp }: Message): void {
    if (TopicArn !== topicArn) throw new Refused(`the topic is not ${topicArn}`);
    if (
      !isOfSns(SigningCertURL, host) ||
      !CERTIFICATE.test(URL.parse(SigningCertURL)?.pathname ?? "")
    ) {
      throw new Refused(`the certificate is not one of ${host}`);
    }
    if (!(Date.parse(Timestamp) > Date.now() - OLDEST_MS)) throw new Refused("the message is old");
  }

  async function confirm({ SubscribeURL }: { readonly SubscribeURL: string }): Promise<void> {
    const asked = new URLSearchParams(URL.parse(SubscribeURL)?.search);
    const isConfirmation = asked.get("Action") === "ConfirmSubscription";
    if (!isOfSns(SubscribeURL, host) || !isConfirmation || asked.get("TopicArn") !== topicArn) {
      throw new Refused("it confirms another subscription");
    }
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const { ok, status } = await fetch(SubscribeURL, { redirect: "error", signal });
    if (!ok) throw new Error(`SNS answered ${status} to the confirmation`);
  }

  async function handle(message: Message): Promise<string> {
    check(message);
    await verify(validator, message);
    if (message.Type === "SubscriptionConfirmation") {
      await confirm(message);
      return "confirmed";
    }
    return (await inbox.take(notificationIn(message))) ? "applied" : "known";
  }

  return async (body) => {
    const message = v.safeParse(messageSchema, body);
    if (!message.success) return { status: 400, text: "it is not a message of SNS" };
    try {
      return { status: 200, text: await handle(message.output) };
    } catch (error) {
      if (error instanceof Refused) return { status: 403, text: error.message };
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
      return { status: 500, text: "the message is to be sent again" };
    }
  };
}

/** @throws Refused for a wrong signature; Error where the certificate could not be read */
async function verify(validator: MessageValidator, message: Message): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error("no certificate in time")), TIMEOUT_MS);
  validator.validate({ ...message }, (error) => (error ? reject(error) : resolve()));
  try {
    await promise;
  } catch (error) {
    const { message: why } = error instanceof Error ? error : new Error(String(error));
    // Every other error may pass, and an answer of 403 would end the delivery of a true message.
    throw /signature/i.test(why) ? new Refused(why) : error;
  } finally {
    clearTimeout(timer);
  }
}

function notificationIn({ Message }: Message): Notification {
  try {
    return parseNotification(JSON.parse(Message));
  } catch (error) {
    throw new Refused(error instanceof Error ? error.message : String(error));
  }
}

function isOfSns(address: string, host: string): boolean {
  const url = URL.parse(address);
  return url?.protocol === "https:" && url.host === host && url.username === "";
}

/** `arn:aws:sns:eu-central-1:123456789012:images` → `sns.eu-central-1.amazonaws.com` */
function hostOf(topicArn: string): string {
  const [, partition, service, region] = topicArn.split(":");
  if (service !== "sns" || !region) throw new Error(`${topicArn} is not the ARN of a topic`);
  return `sns.${region}.amazonaws.com${partition === "aws-cn" ? ".cn" : ""}`;
}
