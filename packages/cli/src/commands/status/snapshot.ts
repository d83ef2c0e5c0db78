import { LANES, type Lane } from "@imagefleet/core/outcome";
import type { QueueCounts } from "@imagefleet/core/queue";
import type { Connection } from "../../connection/connect.ts";
import { survey } from "../../dead-letters/survey.ts";
import { type Group, groupBy } from "../../dead-letters/tally.ts";
import { OldestMessages } from "./oldest.ts";
import { type Look, perSecond } from "./trend.ts";

interface LaneStatus extends QueueCounts {
  readonly perSecond: number | undefined;
  /** The age of the oldest message, s; undefined where it is not known. */
  readonly oldestSeconds: number | undefined;
}

/** A fleet at one moment. */
export interface Status {
  /** ms since the epoch */
  readonly at: number;
  readonly lanes: Readonly<Record<Lane, LaneStatus>>;
  readonly deadLetters: Readonly<Record<Lane, number>>;
  /** Dead letters by reason, the commonest first; as they were when their number last changed. */
  readonly reasons: readonly Group[];
  /** When the reasons were read, ms since the epoch: they may be older than the numbers. */
  readonly reasonsAt: number;
}

/** Looks that a trend is made of: at one every 2 s, the last 20 s. */
const LOOKS = 10;

/** Reading ten thousand dead letters takes a second: not at every look, ms. A few are read again sooner. */
const READ_EVERY_MS = 15_000;
/** Of the time, reading dead letters takes a tenth at most: while they are read, nobody else can. */
const READ_SHARE = 10;

/** Looks at a fleet again and again. */
export class Watcher {
  readonly #connection: Connection;
  readonly #options: { leaseSeconds: number; signal: AbortSignal };
  readonly #looks: Record<Lane, Look[]> = { small: [], large: [] };
  #oldest: OldestMessages | undefined;
  #read: { at: number; tookMs: number; deadLetters: number; reasons: readonly Group[] } | undefined;

  constructor(connection: Connection, options: { leaseSeconds: number; signal: AbortSignal }) {
    this.#connection = connection;
    this.#options = options;
  }

  async look(): Promise<Status> {
    const queues = await this.#connection.lanes();
    const at = Date.now();
    this.#oldest ??= new OldestMessages(this.#connection.clients?.CLOUDWATCH, {
      small: nameOf(queues.small.queue.url),
      large: nameOf(queues.large.queue.url),
    });
    const asked = this.#oldest.ages(at);
    const each = async (lane: Lane) => {
      const [waiting, dead] = await Promise.all([
        queues[lane].queue.counts(),
        queues[lane].deadLetters.counts(),
      ]);
      const looks = this.#looks[lane];
      looks.push({ at, messages: waiting.waiting + waiting.inFlight });
      if (looks.length > LOOKS) looks.shift();
      return {
        lane: {
          ...waiting,
          perSecond: perSecond(looks),
          // What the metric says of a lane that has become empty since is over.
          oldestSeconds: waiting.waiting + waiting.inFlight === 0 ? 0 : (await asked)[lane],
        },
        dead: dead.waiting + dead.inFlight,
      };
    };
    const [small, large] = await Promise.all([each("small"), each("large")]);
    const deadLetters = small.dead + large.dead;
    return {
      at,
      lanes: { small: small.lane, large: large.lane },
      deadLetters: { small: small.dead, large: large.dead },
      reasons: await this.#reasons(deadLetters, at),
      reasonsAt: this.#read?.at ?? at,
    };
  }

  /** What a person should know besides. */
  get warning(): string | undefined {
    return this.#oldest?.fault;
  }

  async #reasons(deadLetters: number, at: number): Promise<readonly Group[]> {
    if (deadLetters === 0) {
      this.#read = undefined;
      return [];
    }
    const read = this.#read;
    if (read) {
      const rest = Math.min(READ_EVERY_MS, read.tookMs * READ_SHARE);
      if (read.deadLetters === deadLetters || at - read.at < rest) return read.reasons;
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

/** Is any lane at work, so that a second look says more than one? */
export function isMoving({ lanes }: Status): boolean {
  return LANES.some((lane) => lanes[lane].waiting + lanes[lane].inFlight > 0);
}
