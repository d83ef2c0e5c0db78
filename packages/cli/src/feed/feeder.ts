import { type Job, jobMessage } from "@imagefleet/core/intake";
import { LANES, type Lane } from "@imagefleet/core/outcome";
import { laneByBytes } from "@imagefleet/core/plan";
import type { OutgoingMessage, Queue } from "@imagefleet/core/queue";
import type { Recipe } from "@imagefleet/core/recipe";
import pLimit from "p-limit";
import { type Consumers, Depth, type MaxDepth } from "./depth.ts";

export interface FeederOptions {
  readonly queues: Readonly<Record<Lane, Queue>>;
  readonly recipe: Recipe;
  /** Fewer than so many of a lane wait, whatever is fed; infinite: no look at the queue is taken. */
  readonly maxDepth: MaxDepth;
  readonly consumers: Consumers;
  /** By it, SQS's fair queues let others' messages pass these. */
  readonly group: string;
  readonly signal: AbortSignal;
}

/** Requests on their way at once: one of ten messages takes AWS some 10 ms. */
const AT_ONCE = 16;

/** Feeds jobs to their lanes: in tens, and no faster than the fleet takes them. */
export class Feeder {
  readonly #options: FeederOptions;
  readonly #depths: Readonly<Record<Lane, Depth>>;
  readonly #limit = pLimit(AT_ONCE);
  /** False when the server has refused message groups on its standard queues. */
  #grouped = true;
  /** Messages that SQS has acknowledged. */
  readonly sent: Record<Lane, number> = { small: 0, large: 0 };
  /** Jobs that SQS refuses for good, and why. */
  readonly refused: { readonly body: string; readonly why: string }[] = [];

  constructor(options: FeederOptions) {
    this.#options = options;
    const { maxDepth, queues, consumers } = options;
    const depth = (lane: Lane) => new Depth(maxDepth, () => queues[lane].counts(), consumers);
    this.#depths = { small: depth("small"), large: depth("large") };
  }

  /** How full the lanes are, as far as is known; `max` of the small lane, infinite for no limit. */
  get depth(): { readonly there: number; readonly what: Depth["what"]; readonly max: number } {
    const { small, large } = this.#depths;
    return { there: small.there + large.there, what: small.what, max: small.max };
  }

  /**
   * Sends jobs, each to its lane by its bytes.
   *
   * @returns true when SQS has them all (or has refused some for good: {@link refused}); false when an
   * abort came first
   * @throws Failure
   */
  async feed(jobs: readonly Job[]): Promise<boolean> {
    const { recipe, group } = this.#options;
    const laneOf = ({ bytes }: Job) => (bytes === undefined ? "small" : laneByBytes(recipe, bytes));
    // A message without a time is taken for one that may have been begun: nothing is "unchanged" then.
    const at = Date.now();
    const messageOf = (job: Job) => ({ body: jobMessage({ ...job, at }), groupId: group });
    // Messages are made when their turn has come: what waits for it is garbage that grows old.
    const sent = LANES.flatMap((lane) => {
      const own = jobs.filter((job) => laneOf(job) === lane);
      return [...tens(own)].map((ten) => this.#limit(() => this.#send(lane, ten.map(messageOf))));
    });
    return (await Promise.all(sent)).every(Boolean);
  }

  async #send(lane: Lane, batch: readonly OutgoingMessage[]): Promise<boolean> {
    const { queues, signal } = this.#options;
    if (!(await this.#depths[lane].take(batch.length, signal))) return false;
    const { done, refused } = await this.#sendGrouped(queues[lane], batch);
    for (const { message, why } of refused) this.refused.push({ body: message.body, why });
    this.sent[lane] += done.length;
    return true;
  }

  async #sendGrouped(queue: Queue, batch: readonly OutgoingMessage[]) {
    const bare = (messages: readonly OutgoingMessage[]) => messages.map(({ body }) => ({ body }));
    if (!this.#grouped) return queue.sendBatch(bare(batch));
    try {
      const first = await queue.sendBatch(batch);
      if (first.refused.length === 0) return first;
      // Whether it was the group, sending without it tells.
      const again = await queue.sendBatch(bare(first.refused.map(({ message }) => message)));
      if (again.done.length > 0) this.#grouped = false;
      return { done: [...first.done, ...again.done], refused: again.refused };
    } catch (error) {
      if (!/MessageGroupId|not valid for this queue type/.test(String(error))) throw error;
      this.#grouped = false;
      return queue.sendBatch(bare(batch));
    }
  }
}

/** Ten messages at most go in a request; ten of our own are never too large for one. */
function* tens<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += 10) yield all.slice(from, from + 10);
}
