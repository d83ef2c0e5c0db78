import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { jobMessage } from "@imagefleet/core/intake";
import { DOCTOR_TEST } from "@imagefleet/core/outcome";
import { deadLetterAttributes } from "@imagefleet/core/queue";
import { absentLocally, askFor, type Check, ok, problem, unknown } from "../../check/check.ts";
import { deleteDeadLetters, walk } from "../../dead-letters/walk.ts";
import { formatMs } from "../../terminal/format.ts";
import { alarmsOf } from "./alarms.ts";
import { removeDeadLetters } from "./clean.ts";
import { type Fleet, LEASE_SECONDS, type Stage } from "./fleet.ts";
import { poll } from "./poll.ts";

/** The alarm under test: dead letters of the small lane. */
const ALARM = "SmallDlqDepth";
const NAME = `test of the alarm ${ALARM}`;

/**
 * How long an alarm may take to change its state, ms: its period of five minutes, and up to 15 minutes
 * until SQS reports metrics of an unused queue.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
 */
export const ALARM_LIMIT_MS = 20 * 60_000;

const PERMISSIONS =
  "cloudwatch:DescribeAlarms, and on the dead-letter queue sqs:SendMessage, sqs:ReceiveMessage and sqs:DeleteMessage";

/** The result of the test. Times in ms; null: the state did not change, or there is no alarm. */
export interface AlarmTest {
  readonly check: Check;
  readonly alarmMs: number | null;
  readonly overMs: number | null;
}

/**
 * Sends a dead letter to the small lane's DLQ, waits for the alarm, deletes the dead letter by its id, and
 * waits until the alarm is OK again.
 *
 * @param key a key of this run without a source: a redrive of the dead letter has no effect
 */
export async function testAlarm(
  fleet: Fleet,
  key: string,
  signal: AbortSignal,
): Promise<AlarmTest> {
  let result: AlarmTest | undefined;
  const checks = await askFor(NAME, PERMISSIONS, async () => {
    result = await runTest(fleet, key, signal);
    return [result.check];
  });
  const [check = unknown(NAME, "The test gave no result.")] = checks;
  return result ?? { check, alarmMs: null, overMs: null };
}

async function runTest(fleet: Fleet, key: string, signal: AbortSignal): Promise<AlarmTest> {
  const { stage } = fleet;
  if (stage !== undefined && (await stateOf(stage)) === "ALARM") {
    const message = "The alarm is already in alarm: another dead letter would not change that.";
    const fix = "Handle the dead letters (see dlq), then run doctor --alarm again.";
    return { check: unknown(NAME, message, fix), alarmMs: null, overMs: null };
  }
  const id = await sendDeadLetter(fleet, key).catch(async (error: unknown) => {
    // SQS may have stored it although its response was lost. No other dead letter has this key.
    await removeDeadLetters(fleet, key);
    throw error;
  });
  let alarmMs: number | null = null;
  try {
    if (stage !== undefined) alarmMs = await changed(stage, "ALARM", signal);
  } finally {
    await removeDeadLetter(fleet, id);
  }
  if (stage === undefined) {
    const check = absentLocally(NAME, "alarms; the dead letter was sent and deleted");
    return { check, alarmMs, overMs: null };
  }
  const overMs = alarmMs === null ? null : await changed(stage, "OK", signal);
  return { check: verdict(alarmMs, overMs, signal), alarmMs, overMs };
}

function verdict(alarmMs: number | null, overMs: number | null, signal: AbortSignal): Check {
  const waited = formatMs(ALARM_LIMIT_MS);
  if (alarmMs !== null && overMs !== null) {
    const message = `The alarm went off ${formatMs(alarmMs)} after the dead letter was sent, and was OK ${formatMs(overMs)} after it was deleted.`;
    return ok(NAME, message);
  }
  if (signal.aborted) {
    return unknown(NAME, "The test was interrupted.");
  }
  return problem(
    NAME,
    alarmMs === null
      ? `The alarm did not go off within ${waited} of a dead letter.`
      : `The alarm was not OK within ${waited} of the deletion of the dead letter.`,
    "Check the alarm's metric and history in the CloudWatch console.",
  );
}

/** Sends a dead letter as the fleet writes it. The SDK is called directly because it returns the id. */
async function sendDeadLetter({ connection, sourceBucket }: Fleet, key: string): Promise<string> {
  const now = Date.now();
  const body = jobMessage({ bucket: sourceBucket, key, mayHaveRun: false, force: false });
  const attributes = deadLetterAttributes(
    {
      reason: DOCTOR_TEST,
      message: "imagefleet doctor --alarm sent it and deletes it",
      lane: "small",
      source: { bucket: sourceBucket, key },
      lastAttemptAt: now,
    },
    {
      id: "",
      receiptHandle: "",
      body,
      attributes: {},
      receiveCount: 1,
      sentAt: now,
      firstReceivedAt: now,
    },
  );
  const { MessageId: id } = await connection.sqs.send(
    new SendMessageCommand({
      QueueUrl: (await connection.lanes()).small.deadLetters.url,
      MessageBody: body,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [
          name,
          { DataType: "String", StringValue },
        ]),
      ),
    }),
  );
  if (id === undefined) throw new Error("SQS gave the dead letter no id");
  return id;
}

async function removeDeadLetter({ connection }: Fleet, id: string): Promise<void> {
  let isDeleted = false;
  const { signal } = new AbortController();
  const isDone = () => isDeleted;
  await walk(
    connection,
    { lanes: ["small"], leaseSeconds: LEASE_SECONDS, signal, isDone },
    async (found, lane) => {
      const messages = found.map(({ message }) => message).filter((message) => message.id === id);
      if (messages.length === 0) return [];
      isDeleted = true;
      return deleteDeadLetters(connection, lane, messages);
    },
  );
  if (!isDeleted) {
    throw new Error(
      `the dead letter ${id} with reason ${DOCTOR_TEST} was not found again. Run: imagefleet dlq discard ${id}`,
    );
  }
}

async function stateOf(stage: Stage): Promise<string | undefined> {
  return (await alarmsOf(stage)).find(({ name }) => name === ALARM)?.state;
}

async function changed(stage: Stage, state: string, signal: AbortSignal): Promise<number | null> {
  const began = performance.now();
  const isReached = await poll(ALARM_LIMIT_MS, signal, async () =>
    (await stateOf(stage)) === state ? true : undefined,
  );
  return isReached === true ? Math.round(performance.now() - began) : null;
}
