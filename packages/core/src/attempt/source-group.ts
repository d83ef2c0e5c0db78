import { type Intake, type Job, parseMessage } from "../intake/index.ts";
import {
  hasRecordedReason,
  type ReceivedMessage,
  wasDeadLetter,
  wasRedriven,
} from "../queue/index.ts";

/** Messages that are worked on together, for they ask for the same sources. */
export interface SourceGroup {
  readonly messages: readonly ReceivedMessage[];
  /**
   * One of them was begun before and never answered for, as far as is known: it may be what ended
   * the process, and may end this one.
   */
  readonly suspect: boolean;
}

/** A message as it was understood, its jobs as begun as the message says. */
export interface ReadMessage {
  readonly message: ReceivedMessage;
  readonly intake: Intake;
}

/**
 * A message that names another bucket than the fleet's is nobody's job: worked on, the rendition
 * bucket's name would have the renditions of a living source removed, and another bucket's picture
 * would take a source's place.
 *
 * @param options.leaseSeconds the lane's visibility timeout
 * @param options.sourceBuckets the buckets that sources come from; none: they are not known
 */
export function readMessage(
  message: ReceivedMessage,
  { leaseSeconds, sourceBuckets }: { leaseSeconds: number; sourceBuckets: readonly string[] },
): ReadMessage {
  const intake = parseMessage(message.body);
  if (intake.kind !== "jobs") return { message, intake };
  const foreign = intake.jobs.find(({ bucket }) => !sourceBuckets.includes(bucket));
  if (sourceBuckets.length > 0 && foreign !== undefined) {
    const text = `the message is about the bucket ${foreign.bucket}, and this fleet's sources are in ${sourceBuckets.join(", ")}`;
    return { message, intake: { kind: "malformed", message: text } };
  }
  const again = message.receiveCount > 1 || wasDeadLetter(message);
  const jobs = intake.jobs.map((job) => ({
    ...job,
    mayHaveRun: job.mayHaveRun || again || wasRedriven(message, job.at, leaseSeconds),
    ...traceOf(job, message),
  }));
  return { message, intake: { kind: "jobs", jobs } };
}

/** What a job itself says goes before what its message does: it may come from far. */
export function traceOf({ trace }: Job, { traceHeader }: ReceivedMessage): Pick<Job, "trace"> {
  const known = trace ?? traceHeader;
  return known === undefined ? {} : { trace: known };
}

/** What makes two jobs the same: a key alone does not, another bucket may have it too. */
export function sourceOf({ bucket, key }: Job): string {
  return `${bucket}/${key}`;
}

/**
 * May it have ended a process? What is taken for begun only because it says no time of its own is
 * not: it would be worked on alone for nothing.
 */
function isSuspect(message: ReceivedMessage, jobs: readonly Job[], leaseSeconds: number): boolean {
  if (jobs.length === 0 || hasRecordedReason(message)) return false;
  if (message.receiveCount > 1 || wasDeadLetter(message)) return true;
  return jobs.some(
    ({ mayHaveRun, at }) =>
      mayHaveRun || (at !== undefined && wasRedriven(message, at, leaseSeconds)),
  );
}

/**
 * Messages that share a source, directly or by way of others, become one unit. In the order in which
 * each unit's first message came.
 *
 * @param leaseSeconds the lane's visibility timeout
 */
export function groupBySource(
  messages: readonly ReceivedMessage[],
  leaseSeconds: number,
): SourceGroup[] {
  let groups: { members: ReceivedMessage[]; sources: string[]; suspect: boolean }[] = [];
  for (const message of messages) {
    const intake = parseMessage(message.body);
    const jobs = intake.kind === "jobs" ? intake.jobs : [];
    const own = {
      members: [message],
      sources: jobs.map(sourceOf),
      suspect: isSuspect(message, jobs, leaseSeconds),
    };
    const related = groups.filter(({ sources }) =>
      sources.some((one) => own.sources.includes(one)),
    );
    const merged = [...related, own];
    const group = {
      members: merged.flatMap(({ members }) => members),
      sources: merged.flatMap(({ sources }) => sources),
      suspect: merged.some(({ suspect }) => suspect),
    };
    const [first] = related;
    groups = first
      ? groups.flatMap((each) => (each === first ? group : related.includes(each) ? [] : each))
      : [...groups, own];
  }
  return groups.map(({ members, suspect }) => ({ messages: members, suspect }));
}
