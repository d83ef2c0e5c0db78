import { LANES, type Lane } from "@imagefleet/core/outcome";
import type { QueueCounts } from "@imagefleet/core/queue";
import type { Connection } from "../../connection/connect.ts";
import { survey } from "../../dead-letters/survey.ts";
import { type Group, groupBy } from "../../dead-letters/tally.ts";
import { OldestMessages } from "./oldest.ts";

export interface LaneStatus extends QueueCounts {
  /** By how many messages per second the lane grows (above 0) or shrinks; undefined if unknown. */
  readonly perSecond: number | undefined;
  /** The age of the oldest message, s; undefined if unknown. */
  readonly oldestSeconds: number | undefined;
  /** For how long every snapshot has found messages that wait and none in flight, s. */
  readonly idleSeconds: number;
}

/** The state of a fleet at one time. */
export interface Status {
  /** ms since the epoch */
  readonly at: number;
  readonly lanes: Readonly<Record<Lane, LaneStatus>>;
  readonly deadLetters: Readonly<Record<Lane, number>>;
  /** Dead letters by reason, the most common first, as last read. */
  readonly reasons: readonly Group[];
  /** When the reasons were read, ms since the epoch; they may be older than the counts. */
  readonly reasonsAt: number;
}

/** How many samples a trend uses: at one every 2 s, the last 20 s. */
const SAMPLES = 10;

/** Dead letters are read again after this time at the latest: ten thousand take a second to read. */
const READ_EVERY_MS = 15_000;
/** How long the reasons may be those of an earlier read because another reader is at work, ms. */
const HELD_MS = 60_000;
/** Reading takes at most a tenth of the time, because no other reader sees dead letters meanwhile. */
const READ_SHARE = 10;

/** Takes snapshots of a fleet, and remembers what their trend needs. */
export class Watcher {
  readonly #connection: Connection;
  readonly #options: { leaseSeconds: number; signal: AbortSignal };
  readonly #samples: Record<Lane, Sample[]> = { small: [], large: [] };
  /** Since when each lane has had messages that wait and none in flight, ms since the epoch. */
  readonly #idleSince: Record<Lane, number | undefined> = { small: undefined, large: undefined };
  #oldest: OldestMessages | undefined;
  #read: { at: number; tookMs: number; deadLetters: number; reasons: readonly Group[] } | undefined;

  constructor(connection: Connection, options: { leaseSeconds: number; signal: AbortSignal }) {
    this.#connection = connection;
    this.#options = options;
  }

  async snapshot(): Promise<Status> {
    const queues = await this.#connection.lanes();
    const at = Date.now();
    this.#oldest ??= new OldestMessages(this.#connection.clients?.("CLOUDWATCH"), {
      small: nameOf(queues.small.queue.url),
      large: nameOf(queues.large.queue.url),
    });
    const ages = this.#oldest.ages(at);
    const each = async (lane: Lane) => {
      const [queue, deadLetters] = await Promise.all([
        queues[lane].queue.counts(),
        queues[lane].deadLetters.counts(),
      ]);
      const samples = this.#samples[lane];
      samples.push({ at, messages: queue.waiting + queue.inFlight });
      if (samples.length > SAMPLES) samples.shift();
      const isIdle = queue.waiting > 0 && queue.inFlight === 0;
      const idleSince = isIdle ? (this.#idleSince[lane] ?? at) : undefined;
      this.#idleSince[lane] = idleSince;
      return {
        lane: {
          ...queue,
          idleSeconds: (at - (idleSince ?? at)) / 1000,
          perSecond: perSecond(samples),
          // The metric is late: it may still report an age after the lane has become empty.
          oldestSeconds: queue.waiting + queue.inFlight === 0 ? 0 : (await ages)[lane],
        },
        deadLetters: deadLetters.waiting + deadLetters.inFlight,
        held: deadLetters.inFlight,
      };
    };
    const [small, large] = await Promise.all([each("small"), each("large")]);
    const deadLetters = small.deadLetters + large.deadLetters;
    return {
      at,
      lanes: { small: small.lane, large: large.lane },
      deadLetters: { small: small.deadLetters, large: large.deadLetters },
      reasons: await this.#reasons(deadLetters, small.held + large.held > 0, at),
      reasonsAt: this.#read?.at ?? at,
    };
  }

  get warning(): string | undefined {
    return this.#oldest?.warning;
  }

  /** @param isHeld another reader holds some: a command that changes them must find them all */
  async #reasons(deadLetters: number, isHeld: boolean, at: number): Promise<readonly Group[]> {
    if (deadLetters === 0) {
      this.#read = undefined;
      return [];
    }
    const read = this.#read;
    if (read) {
      const rest = Math.min(READ_EVERY_MS, read.tookMs * READ_SHARE);
      if (read.deadLetters === deadLetters || at - read.at < rest) return read.reasons;
      if (isHeld && at - read.at < HELD_MS) return read.reasons;
    }
    const began = performance.now();
    const found = await survey(this.#connection, {}, this.#options);
    const reasons = groupBy(found.deadLetters, ({ reason }) => reason);
    this.#read = { at, tookMs: performance.now() - began, deadLetters, reasons };
    return reasons;
  }
}

function nameOf(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}

/** True when a lane is not empty, so that a second snapshot gives a trend. */
export function isMoving({ lanes }: Status): boolean {
  return LANES.some((lane) => lanes[lane].waiting + lanes[lane].inFlight > 0);
}

/** How many messages a lane had, waiting and in flight, at a time (ms). */
interface Sample {
  readonly at: number;
  readonly messages: number;
}

/** The shortest time that gives a meaningful rate, ms. */
const MIN_TREND_MS = 500;

/** By how many messages per second a lane grows (above 0) or shrinks; undefined from too few samples. */
export function perSecond(samples: readonly Sample[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.at - first.at < MIN_TREND_MS)
    return undefined;
  return ((last.messages - first.messages) / (last.at - first.at)) * 1000;
}
