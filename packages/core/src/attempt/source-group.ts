import { type Intake, type Job, parseMessage } from "../intake/index.ts";
import {
  hasRecordedReason,
  type ReceivedMessage,
  wasDeadLetter,
  wasRedriven,
} from "../queue/index.ts";

/** A message and its parsed body. */
export interface ReadMessage {
  readonly message: ReceivedMessage;
  readonly intake: Intake;
  /**
   * An earlier attempt at it may have ended its process, and so may the next: there is a mark of an
   * attempt, and no recorded reason.
   */
  readonly suspect: boolean;
}

/** Messages that are attempted together, because they share sources. */
export interface SourceGroup {
  readonly messages: readonly ReadMessage[];
  /** At least one of the messages is a suspect. */
  readonly suspect: boolean;
}

/**
 * Parses a message, once for all that follows. Its jobs have `mayHaveRun` and `trace` from the
 * message where they have none of their own.
 *
 * A message that names a foreign bucket is malformed: a job of the rendition bucket would remove the
 * renditions of an existing source, and a job of any other bucket would replace them.
 *
 * @param options.leaseSeconds the lane's visibility timeout, s
 * @param options.sourceBuckets the buckets of the fleet's sources; empty if they are not known
 *
 * @example
 * const { intake } = readMessage(message, { leaseSeconds: 300, sourceBuckets: ["uploads"] });
 */
export function readMessage(
  message: ReceivedMessage,
  { leaseSeconds, sourceBuckets }: { leaseSeconds: number; sourceBuckets: readonly string[] },
): ReadMessage {
  const intake = parseMessage(message.body);
  if (intake.kind !== "jobs") return { message, intake, suspect: false };
  const foreign = intake.jobs.find(({ bucket }) => !sourceBuckets.includes(bucket));
  if (sourceBuckets.length > 0 && foreign !== undefined) {
    const text = `the message is about the bucket ${foreign.bucket}, and this fleet's sources are in ${sourceBuckets.join(", ")}`;
    return { message, intake: { kind: "malformed", message: text }, suspect: false };
  }
  const again = message.receiveCount > 1 || wasDeadLetter(message);
  const hasMark = ({ mayHaveRun, at }: Job) =>
    mayHaveRun || again || (at !== undefined && wasRedriven(message, at, leaseSeconds));
  const jobs = intake.jobs.map((job) => {
    const { trace = message.traceHeader } = job;
    // Without a time, nothing proves that the job is the first. That is not a mark of a crash.
    const mayHaveRun = job.at === undefined || hasMark(job);
    return { ...job, mayHaveRun, ...(trace !== undefined && { trace }) };
  });
  const suspect = intake.jobs.some(hasMark) && !hasRecordedReason(message);
  return { message, intake: { kind: "jobs", jobs }, suspect };
}

/** The jobs of a message; empty for one that is ignored or malformed. */
export function jobsOf({ intake }: ReadMessage): readonly Job[] {
  return intake.kind === "jobs" ? intake.jobs : [];
}

/** What identifies a source. Another bucket may have the same key. */
export function sourceOf({ bucket, key }: Job): string {
  return `${bucket}/${key}`;
}

/**
 * Puts messages that share a source, directly or by way of others, into one group. The groups are in
 * the order of their first messages.
 *
 * @example
 * const groups = groupBySource(messages); // two events of one source: one group
 */
export function groupBySource(messages: readonly ReadMessage[]): SourceGroup[] {
  let groups: { members: ReadMessage[]; sources: string[] }[] = [];
  for (const message of messages) {
    const own = { members: [message], sources: jobsOf(message).map(sourceOf) };
    const related = groups.filter(({ sources }) =>
      sources.some((one) => own.sources.includes(one)),
    );
    const merged = [...related, own];
    const group = {
      members: merged.flatMap(({ members }) => members),
      sources: merged.flatMap(({ sources }) => sources),
    };
    const [first] = related;
    groups = first
      ? groups.flatMap((each) => (each === first ? group : related.includes(each) ? [] : each))
      : [...groups, own];
  }
  return groups.map(({ members }) => ({
    messages: members,
    suspect: members.some(({ suspect }) => suspect),
  }));
}
