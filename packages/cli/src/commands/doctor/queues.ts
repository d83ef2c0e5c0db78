import { LANES, type Lane } from "@imagefleet/core/outcome";
import * as v from "valibot";
import type { Check } from "../../check/check.ts";
import { noneHere } from "../../check/check.ts";
import { many } from "../../terminal/thousands.ts";
import {
  DEPLOY_AGAIN,
  type Patient,
  type QueueFacts,
  type Statement,
  statementsOf,
} from "./fleet.ts";

/** The queues as they are: how full, where their dead letters go, and whether S3 may send. */
export function queueChecks(patient: Patient): Check[] {
  return [
    ...LANES.flatMap((lane) => {
      const { queue, deadLetters } = patient.queues[lane];
      return [depth(`queue of the ${lane} lane`, queue), redrive(lane, queue, deadLetters)];
    }),
    ...LANES.map((lane) => deadLettersDepth(lane, patient.queues[lane].deadLetters)),
    ...encryption(patient.queues.small.queue),
    sendPolicy(patient),
  ];
}

function depth(name: string, { attributes }: QueueFacts): Check {
  const { waiting, inFlight } = counts(attributes);
  const delay = Number(attributes["DelaySeconds"] ?? 0);
  if (delay > 0) {
    const says = `The queue holds every message back for ${delay} s before it can be received.`;
    return { name, state: "wrong", says, fix: DEPLOY_AGAIN };
  }
  return {
    name,
    state: "ok",
    says: `${many(waiting, "message")} waiting, ${many(inFlight, "message")} in flight.`,
  };
}

function deadLettersDepth(lane: Lane, { attributes }: QueueFacts): Check {
  const { waiting, inFlight } = counts(attributes);
  const name = `dead letters of the ${lane} lane`;
  if (waiting + inFlight === 0) return { name, state: "ok", says: "There are none." };
  return {
    name,
    state: "ok",
    says: `${many(waiting + inFlight, "dead letter")} of earlier work.`,
    fix: "Look at them with dlq.",
  };
}

function counts(attributes: QueueFacts["attributes"]) {
  return {
    waiting: Number(attributes["ApproximateNumberOfMessages"] ?? 0),
    inFlight: Number(attributes["ApproximateNumberOfMessagesNotVisible"] ?? 0),
  };
}

const redriveSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    deadLetterTargetArn: v.string(),
    maxReceiveCount: v.pipe(v.union([v.number(), v.string()]), v.transform(Number)),
  }),
);

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html */
function redrive(lane: Lane, queue: QueueFacts, deadLetters: QueueFacts): Check {
  const name = `redrive policy of the ${lane} lane`;
  const parsed = v.safeParse(redriveSchema, queue.attributes["RedrivePolicy"]);
  if (!parsed.success) {
    return {
      name,
      state: "wrong",
      says: "The queue has none: what ends a program each time is received for ever, and never becomes a dead letter.",
      fix: DEPLOY_AGAIN,
    };
  }
  const { deadLetterTargetArn, maxReceiveCount } = parsed.output;
  if (deadLetterTargetArn !== deadLetters.arn) {
    return {
      name,
      state: "wrong",
      says: `Dead letters go to ${deadLetterTargetArn}, and not to ${deadLetters.arn}.`,
      fix: DEPLOY_AGAIN,
    };
  }
  return {
    name,
    state: "ok",
    says: `A message becomes a dead letter after ${many(maxReceiveCount, "receive")}.`,
  };
}

/**
 * The key that AWS keeps for SQS has a policy that nobody can change, and that lets no service send.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 */
function encryption({ name, attributes }: QueueFacts): Check[] {
  if (!attributes["KmsMasterKeyId"]?.endsWith("alias/aws/sqs")) return [];
  return [
    {
      name: "encryption of the small lane's queue",
      state: "wrong",
      says: `${name} is encrypted with AWS's own key alias/aws/sqs, which S3 and EventBridge may not use: no upload is heard of, and no error is seen.`,
      fix: `${DEPLOY_AGAIN} Then run reprocess: what was uploaded meanwhile has no message.`,
      blocks: ["small", "large"],
    },
  ];
}

/** May S3, or EventBridge in its place, send to the small lane's queue? */
function sendPolicy({ stage, queues, sourceBucket }: Patient): Check {
  const name = "queue policy of the small lane";
  if (stage === undefined) return noneHere(name, "queue policies");
  const isByRule = isEventBridge(stage.settings);
  const service = isByRule ? "events.amazonaws.com" : "s3.amazonaws.com";
  const from = isByRule ? undefined : sourceBucket;
  const statements = statementsOf(queues.small.queue.attributes["Policy"]);
  if (statements.some((statement) => letsSend(statement, service, from))) {
    return { name, state: "ok", says: `${service} may send to it.` };
  }
  return {
    name,
    state: "wrong",
    says: `It does not let ${service} send${from === undefined ? "" : ` for the bucket ${from}`}: no upload is heard of.`,
    fix: DEPLOY_AGAIN,
    blocks: ["small", "large"],
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html */
function letsSend(
  { Effect, Action, Principal, Condition }: Statement,
  service: string,
  bucket: string | undefined,
): boolean {
  if (Effect !== "Allow" || typeof Principal === "string") return false;
  if (!Principal.Service.includes(service)) return false;
  if (!Action.some((action) => /^sqs:(\*|SendMessage)$/i.test(action))) return false;
  const sources = Object.values(Condition).flatMap((keys) =>
    Object.entries(keys).flatMap(([key, values]) =>
      key.toLowerCase() === "aws:sourcearn" ? values : [],
    ),
  );
  if (bucket === undefined || sources.length === 0) return true;
  return sources.some((arn) => arn.endsWith(`:::${bucket}`) || arn.endsWith("*"));
}

export function isEventBridge({ source }: { source: unknown }): boolean {
  return v.is(v.object({ notifications: v.literal("eventbridge") }), source);
}
