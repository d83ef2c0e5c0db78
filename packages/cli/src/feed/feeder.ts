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
  /** The limit of waiting messages of a lane; infinite: no limit. */
  readonly maxDepth: MaxDepth;
  readonly consumers: Consumers;
  /** The message group. SQS's fair queues let messages of other groups overtake it. */
  readonly group: string;
  readonly signal: AbortSignal;
}

/** Concurrent requests; one with ten messages takes about 10 ms on AWS. */
const AT_ONCE = 16;

/** Sends jobs to their lanes, ten in a request, no faster than the fleet receives them. */
export class Feeder {
  readonly #options: FeederOptions;
  readonly #depths: Readonly<Record<Lane, Depth>>;
  readonly #limit = pLimit(AT_ONCE);
  /** False when the server refuses message groups on standard queues. */
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

  /** The last known depth of the lanes; `max` is the limit of the small lane, infinite for none. */
  get depth(): { readonly there: number; readonly what: Depth["what"]; readonly max: number } {
    const { small, large } = this.#depths;
    return { there: small.there + large.there, what: small.what, max: small.max };
  }

  /**
   * Sends each job to its lane, by its bytes.
   *
   * @returns true when SQS has acknowledged all or refused them for good ({@link refused}); false when
   * an abort came first
   * @throws Failure
   */
  async feed(jobs: readonly Job[]): Promise<boolean> {
    const { recipe, group } = this.#options;
    const laneOf = ({ bytes }: Job) => (bytes === undefined ? "small" : laneByBytes(recipe, bytes));
    // Without a time, an attempt assumes that the job may have run, and never ends as "unchanged".
    const at = Date.now();
    const messageOf = (job: Job) => ({ body: jobMessage({ ...job, at }), groupId: group });
    // Bodies are built just before the send: otherwise they fill the old generation of the heap.
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
      // Sending without the group shows whether the group was the reason.
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

/** A request holds at most ten messages; ten of ours are never too large for one. */
function* tens<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += 10) yield all.slice(from, from + 10);
}
