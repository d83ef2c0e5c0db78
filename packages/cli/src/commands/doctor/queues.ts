import { LANES, type Lane } from "@imagefleet/core/outcome";
import * as v from "valibot";
import { absentLocally, type Check, ok, problem } from "../../check/check.ts";
import type { QueueFacts } from "../../connection/queue-facts.ts";
import { many } from "../../terminal/format.ts";
import { DEPLOY_AGAIN, type Fleet, type Statement, statementsOf } from "./fleet.ts";

/** Checks depth, redrive policy, encryption and send permission of the queues. */
export function queueChecks(fleet: Fleet): Check[] {
  return [
    ...LANES.flatMap((lane) => {
      const { queue, deadLetters } = fleet.queues[lane];
      return [depth(`queue of the ${lane} lane`, queue), redrive(lane, queue, deadLetters)];
    }),
    ...LANES.map((lane) => deadLettersDepth(lane, fleet.queues[lane].deadLetters)),
    ...encryption(fleet.queues.small.queue),
    sendPolicy(fleet),
  ];
}

function depth(name: string, { attributes }: QueueFacts): Check {
  const { waiting, inFlight } = counts(attributes);
  const delay = Number(attributes["DelaySeconds"] ?? 0);
  if (delay > 0) {
    const message = `The queue delays every message by ${delay} s.`;
    return problem(name, message, DEPLOY_AGAIN);
  }
  return ok(name, `${many(waiting, "message")} waiting, ${many(inFlight, "message")} in flight.`);
}

function deadLettersDepth(lane: Lane, { attributes }: QueueFacts): Check {
  const { waiting, inFlight } = counts(attributes);
  const name = `dead letters of the ${lane} lane`;
  if (waiting + inFlight === 0) return ok(name, "There are no dead letters.");
  return ok(
    name,
    `${many(waiting + inFlight, "dead letter")} from before this run.`,
    "Inspect them with dlq.",
  );
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
    return problem(
      name,
      "The queue has no redrive policy: a message that crashes the program is received again forever.",
      DEPLOY_AGAIN,
    );
  }
  const { deadLetterTargetArn, maxReceiveCount } = parsed.output;
  if (deadLetterTargetArn !== deadLetters.arn) {
    return problem(
      name,
      `Dead letters go to ${deadLetterTargetArn} instead of ${deadLetters.arn}.`,
      DEPLOY_AGAIN,
    );
  }
  return ok(name, `A message becomes a dead letter after ${many(maxReceiveCount, "receive")}.`);
}

/**
 * The policy of the AWS managed key for SQS cannot be changed and does not let S3 use the key.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 */
function encryption({ name, attributes }: QueueFacts): Check[] {
  if (!attributes["KmsMasterKeyId"]?.endsWith("alias/aws/sqs")) return [];
  return [
    problem(
      "encryption of the small lane's queue",
      `${name} is encrypted with the AWS managed key alias/aws/sqs, which S3 and EventBridge may not use: uploads start no job, without any error.`,
      `${DEPLOY_AGAIN} Then run reprocess: uploads in the meantime have no message.`,
      ["small", "large"],
    ),
  ];
}

/** Checks that S3, or EventBridge instead, may send to the small lane's queue. */
function sendPolicy({ stage, queues, sourceBucket }: Fleet): Check {
  const name = "queue policy of the small lane";
  if (stage === undefined) return absentLocally(name, "queue policies");
  const isByRule = isEventBridge(stage.settings);
  const service = isByRule ? "events.amazonaws.com" : "s3.amazonaws.com";
  const from = isByRule ? undefined : sourceBucket;
  const statements = statementsOf(queues.small.queue.attributes["Policy"]);
  if (statements.some((statement) => allowsSend(statement, service, from))) {
    return ok(name, `${service} may send to the queue.`);
  }
  return problem(
    name,
    `The policy does not let ${service} send${from === undefined ? "" : ` for the bucket ${from}`}: uploads start no job.`,
    DEPLOY_AGAIN,
    ["small", "large"],
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html */
function allowsSend(
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
