import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { jobMessage } from "@imagefleet/core/intake";
import { DOCTOR_TEST } from "@imagefleet/core/outcome";
import { deadLetterAttributes } from "@imagefleet/core/queue";
import { askFor, type Check, noneHere } from "../../check/check.ts";
import { act } from "../../dead-letters/act.ts";
import { formatMs } from "../../terminal/units.ts";
import { alarmsOf } from "./alarms.ts";
import { removeDeadLetters } from "./clean.ts";
import type { Patient, Stage } from "./fleet.ts";
import { poll } from "./poll.ts";

/** Of the small lane's dead letters: the alarm that is put to the test. */
const ALARM = "SmallDlqDepth";
const NAME = `alarm ${ALARM}, by a dead letter`;

/**
 * How long an alarm may take to change its state, ms: its period of five minutes, and SQS's metrics
 * that come late, up to 15 minutes of a queue that nobody has used.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
 */
export const ALARM_LIMIT_MS = 20 * 60_000;

const PERMISSIONS =
  "cloudwatch:DescribeAlarms, and on the dead-letter queue sqs:SendMessage, sqs:ReceiveMessage and sqs:DeleteMessage";

/** A dead letter that is met is held so long, s. */
const LEASE_SECONDS = 30;

/** How the alarm did, ms; null: it did not change, or there is none. */
export interface Alarmed {
  readonly check: Check;
  readonly alarmMs: number | null;
  readonly overMs: number | null;
}

/**
 * Puts a dead letter among the small lane's, waits for the alarm, removes the dead letter by its own id, and
 * waits for the alarm to be over.
 *
 * @param key a key of this examination at which nothing lies: redriven, the dead letter does nothing
 */
export async function provokeAlarm(
  patient: Patient,
  key: string,
  signal: AbortSignal,
): Promise<Alarmed> {
  let alarmed: Alarmed | undefined;
  const asked = await askFor(NAME, PERMISSIONS, async () => {
    alarmed = await provoked(patient, key, signal);
    return [alarmed.check];
  });
  const [check = { name: NAME, state: "unasked", says: "It gave no answer." }] = asked;
  return alarmed ?? { check, alarmMs: null, overMs: null };
}

async function provoked(patient: Patient, key: string, signal: AbortSignal): Promise<Alarmed> {
  const { stage } = patient;
  if (stage !== undefined && (await stateOf(stage)) === "ALARM") {
    const says = "It has gone off already, so that a further dead letter would change nothing.";
    const fix = "See dlq; when it is over, run doctor --alarm again.";
    return { check: { name: NAME, state: "unasked", says, fix }, alarmMs: null, overMs: null };
  }
  const id = await sendDeadLetter(patient, key).catch(async (error: unknown) => {
    // SQS may have it, and its answer was lost: nobody else's dead letter is of this key.
    await removeDeadLetters(patient, key);
    throw error;
  });
  let alarmMs: number | null = null;
  try {
    if (stage !== undefined) alarmMs = await changed(stage, "ALARM", signal);
  } finally {
    await removeDeadLetter(patient, id);
  }
  if (stage === undefined) {
    const check = noneHere(NAME, "alarms; the dead letter was put and removed");
    return { check, alarmMs, overMs: null };
  }
  const overMs = alarmMs === null ? null : await changed(stage, "OK", signal);
  return { check: verdict(alarmMs, overMs, signal), alarmMs, overMs };
}

function verdict(alarmMs: number | null, overMs: number | null, signal: AbortSignal): Check {
  const waited = formatMs(ALARM_LIMIT_MS);
  if (alarmMs !== null && overMs !== null) {
    const says = `It went off after ${formatMs(alarmMs)}, and was over ${formatMs(overMs)} after the dead letter was gone.`;
    return { name: NAME, state: "ok", says };
  }
  if (signal.aborted) {
    return { name: NAME, state: "unasked", says: "It was not waited for." };
  }
  return {
    name: NAME,
    state: "wrong",
    says:
      alarmMs === null
        ? `It did not go off within ${waited}, though a dead letter lay there.`
        : `It was not over within ${waited} after the dead letter was gone.`,
    fix: "Look at the alarm's metric and its history in the CloudWatch console.",
  };
}

/** A dead letter as a program would write it; the SDK is asked itself, for it tells the id. */
async function sendDeadLetter({ connection, sourceBucket }: Patient, key: string): Promise<string> {
  const now = Date.now();
  const body = jobMessage({ bucket: sourceBucket, key, mayHaveRun: false, force: false });
  const attributes = deadLetterAttributes(
    {
      reason: DOCTOR_TEST,
      message: "imagefleet doctor --alarm put it here, and removes it",
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

async function removeDeadLetter({ connection }: Patient, id: string): Promise<void> {
  const { deadLetters } = (await connection.lanes()).small;
  const missed = await act(
    deadLetters,
    "small",
    new Set([id]),
    {
      leaseSeconds: LEASE_SECONDS,
      waitSeconds: connection.consistencyDelaySeconds,
      signal: new AbortController().signal,
    },
    async (found) => {
      const messages = found.map(({ message }) => message);
      return (await deadLetters.deleteBatch(messages)).done;
    },
  );
  if (missed > 0) {
    throw new Error(
      `the dead letter ${id} of reason ${DOCTOR_TEST} was not met again: imagefleet dlq discard --id ${id}`,
    );
  }
}

async function stateOf(stage: Stage): Promise<string | undefined> {
  return (await alarmsOf(stage)).find(({ name }) => name === ALARM)?.state;
}

async function changed(stage: Stage, state: string, signal: AbortSignal): Promise<number | null> {
  const began = performance.now();
  const is = await poll(ALARM_LIMIT_MS, signal, async () =>
    (await stateOf(stage)) === state ? true : undefined,
  );
  return is === true ? Math.round(performance.now() - began) : null;
}
