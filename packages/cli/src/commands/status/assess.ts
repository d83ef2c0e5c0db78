import { LANES, type Lane } from "@imagefleet/core/outcome";
import { ago, lasting, many } from "../../terminal/format.ts";
import type { LaneStatus, Status } from "./snapshot.ts";

/** From the least to the most severe. */
export const STATES = ["well", "busy", "attention", "trouble"] as const;
export type State = (typeof STATES)[number];

/** How a fleet is. */
export interface Assessment {
  readonly state: State;
  /** At most two facts, the most severe first. */
  readonly sentence: string;
}

/** A slower trend is shown as steady, messages/s. */
export const STEADY = 0.05;

const MINUTE = 60;

/**
 * The alarms' limits, as in ALARMS of infra/numbers.ts, s; a test compares the two: the age of a lane's
 * oldest message, and how long the large lane may wait without a task. The small lane has no alarm of the
 * latter kind, and is measured by its age.
 */
export const ALARM_AGE_SECONDS = { small: 15 * MINUTE, large: 120 * MINUTE } as const;
export const ALARM_IDLE_SECONDS = 15 * MINUTE;

/**
 * For how long a lane may wait with nothing in flight before that is more than a start, s. The function
 * receives within seconds, and Lambda tries again within a minute or two after it was throttled. A task
 * starts about a minute after the metrics of its queue, which may be five minutes late, have been seen.
 */
const START_SECONDS = { small: 2 * MINUTE, large: 9 * MINUTE } as const;

/** Reasons that concern all work, not one source: S3 or SQS, permissions, or the task's disk. */
const GENERAL: readonly string[] = ["StoreUnavailable", "Throttled", "DiskFull"];
/** How long after the last of their dead letters the cause is taken to last, ms. */
const RECENT_MS = 15 * MINUTE * 1000;

const RECEIVER: Readonly<Record<Lane, string>> = {
  small: "the function does not receive them",
  large: "no worker task receives them",
};

/** In how many seconds a lane is empty by its trend: 0 if it is, undefined if that is unknown. */
export function emptyInSeconds({
  waiting,
  inFlight,
  perSecond,
}: Pick<LaneStatus, "waiting" | "inFlight" | "perSecond">): number | undefined {
  const messages = waiting + inFlight;
  if (messages === 0) return 0;
  if (perSecond === undefined || perSecond > -STEADY) return undefined;
  return messages / -perSecond;
}

/** How the fleet is, in a word and in a sentence. */
export function assess(status: Status): Assessment {
  const found = [...LANES.map((lane) => ofLane(lane, status.lanes[lane])), ofDeadLetters(status)];
  const facts = STATES.toReversed().flatMap((state) =>
    found.filter((fact) => fact?.state === state),
  );
  const [first] = facts;
  if (first === undefined) {
    return {
      state: "well",
      sentence: "All is well: nothing waits and there are no dead letters.",
    };
  }
  const sentence = facts.slice(0, 2).flatMap((fact) => fact?.sentence ?? []);
  return { state: first.state, sentence: sentence.join(" ") };
}

function ofLane(name: Lane, lane: LaneStatus): Assessment | undefined {
  const { waiting, inFlight, perSecond, oldestSeconds = 0, idleSeconds } = lane;
  if (waiting + inFlight === 0) return undefined;
  const isIdle = waiting > 0 && inFlight === 0;
  // The lane has had messages at least since the oldest was sent.
  const idle = isIdle ? Math.max(oldestSeconds, idleSeconds) : 0;
  if (idle >= START_SECONDS[name]) {
    const isTrouble = idle >= ALARM_IDLE_SECONDS;
    const why = isTrouble ? `: ${RECEIVER[name]}` : "";
    return {
      state: isTrouble ? "trouble" : "attention",
      sentence: `The ${name} lane has had messages for ${lasting(idle)} and none is in flight${why}.`,
    };
  }
  if (oldestSeconds >= ALARM_AGE_SECONDS[name]) {
    const begin = `The oldest message of the ${name} lane is ${lasting(oldestSeconds)} old`;
    // A lane that shrinks needs nothing but time. An unknown trend becomes known with the next look.
    if (perSecond === undefined || perSecond <= -STEADY) {
      return { state: "attention", sentence: `${begin}${trend("the lane", lane)}.` };
    }
    const why = perSecond < STEADY ? ", and the lane does not shrink" : trend("the lane", lane);
    return { state: "trouble", sentence: `${begin}${why}.` };
  }
  const what =
    waiting > 0
      ? `${many(waiting, "message")} ${waiting === 1 ? "waits" : "wait"} in the ${name} lane`
      : `${many(inFlight, "message")} of the ${name} lane ${inFlight === 1 ? "is" : "are"} in flight`;
  return { state: "busy", sentence: `${what}${trend(waiting > 0 ? "it" : "the lane", lane)}.` };
}

/** `; at 14/s the lane is empty in about 9 s` */
function trend(lane: string, status: LaneStatus): string {
  const { perSecond = 0 } = status;
  const left = emptyInSeconds(status);
  if (left !== undefined)
    return `; at ${rateText(perSecond)}/s ${lane} is empty in about ${lasting(left)}`;
  return perSecond < STEADY ? "" : `; ${lane} grows by ${rateText(perSecond)}/s`;
}

/** How fast a lane changes, without its sign: `0.3`, `14`. */
export function rateText(perSecond: number): string {
  const rate = Math.abs(perSecond);
  return rate.toFixed(rate < 10 ? 1 : 0);
}

function ofDeadLetters({ at, deadLetters, reasons }: Status): Assessment | undefined {
  const total = deadLetters.small + deadLetters.large;
  if (total === 0) return undefined;
  const general = reasons.find(
    ({ name, newest }) => GENERAL.includes(name) && at - newest < RECENT_MS,
  );
  if (general !== undefined) {
    const { name, newest, deadLetters: number } = general;
    return {
      state: "trouble",
      sentence: `${many(number, "dead letter")} with ${name}, the last ${ago(newest, at)}.`,
    };
  }
  return {
    state: "attention",
    sentence: `${many(total, "dead letter")}${mainReason(total, reasons)}.`,
  };
}

function mainReason(total: number, [most]: Status["reasons"]): string {
  // Another reader holds them.
  if (most === undefined) return "";
  if (total === 1) return `, with ${most.name}`;
  if (most.deadLetters >= total) return `, all with ${most.name}`;
  return most.deadLetters > total / 2
    ? `, most with ${most.name}`
    : `, the most common reason is ${most.name}`;
}
