import {
  groupBySource,
  readMessage,
  type SourceGroup,
  scheduleBatch,
} from "@imagefleet/core/attempt";
import { jobMessage } from "@imagefleet/core/intake";
import type { ReceivedMessage } from "@imagefleet/core/queue";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Deadline } from "./deadline.ts";

const MAX_RECEIVES = 5;
const INVOCATION_S = 60;
const VISIBILITY_S = 90;
/** From the receive of a message to the end of its batch, s. */
const WINDOW_S = 5;

/** A message in the queue. */
interface Waiting {
  readonly id: string;
  readonly poison: boolean;
  visibleAt: number;
  /** Since it was requeued. */
  receives: number;
  all: number;
  /** It was requeued as one that may have run. */
  mayHaveRun: boolean;
  end?: "done" | "dead";
}

/** A queue and a function in simulated time, in which some messages end the process. */
class Setup {
  readonly waiting: Waiting[];
  now = 0;
  crashes = 0;
  readonly #chance: () => number;

  /** @param overSeconds how long messages keep arriving */
  constructor(poisons: readonly boolean[], overSeconds: number, chance: () => number) {
    this.#chance = chance;
    this.waiting = poisons.map((poison, at) => ({
      id: `m${at}`,
      poison,
      visibleAt: chance() * overSeconds,
      receives: 0,
      all: 0,
      mayHaveRun: false,
    }));
  }

  run(): void {
    for (let batches = 0; this.#alive.length > 0; batches++) {
      if (batches > 1000) throw new Error("it does not end");
      this.#invoke(this.#receive());
    }
  }

  get #alive(): Waiting[] {
    return this.waiting.filter(({ end }) => end === undefined);
  }

  #receive(): Waiting[] {
    this.now =
      Math.max(this.now, Math.min(...this.#alive.map(({ visibleAt }) => visibleAt))) + WINDOW_S;
    const seen = this.#shuffled(this.#alive.filter(({ visibleAt }) => visibleAt <= this.now));
    for (const message of seen.filter(({ receives }) => receives >= MAX_RECEIVES))
      message.end = "dead";
    const batch = seen.filter(({ end }) => end === undefined).slice(0, 10);
    for (const message of batch) {
      message.receives += 1;
      message.all += 1;
      message.visibleAt = this.now + VISIBILITY_S;
    }
    return batch;
  }

  #invoke(batch: readonly Waiting[]): void {
    const endsAt = this.now + INVOCATION_S;
    const deadline = new Deadline(() => (endsAt - this.now) * 1000);
    const groups = groupBySource(
      batch.map((one) => readMessage(asReceived(one), { leaseSeconds: 30, sourceBuckets: [] })),
    );
    const of = (group: SourceGroup) =>
      batch.filter(({ id }) => group.messages.some((one) => one.message.id === id));
    const { last, fresh, suspects, toRequeue } = scheduleBatch(groups, MAX_RECEIVES);
    for (const message of toRequeue.flatMap(of)) {
      Object.assign(message, { receives: 0, mayHaveRun: true, visibleAt: this.now });
    }
    if (last && this.#crashes(of(last))) return;
    // Concurrent and not acknowledged: a crash affects all of them.
    if (this.#crashes(fresh.flatMap(of))) return;
    for (const message of suspects.slice(1).flatMap(of)) {
      message.visibleAt = this.now + deadline.holdSeconds;
    }
    for (const [at, group] of suspects.entries()) {
      const apart = at < suspects.length - 1;
      for (const message of apart ? of(group) : []) {
        message.visibleAt = this.now + deadline.apartSeconds;
      }
      this.now += this.#chance();
      if (this.#crashes(of(group))) return;
    }
  }

  #crashes(messages: readonly Waiting[]): boolean {
    const crash = messages.some(({ poison }) => poison);
    if (crash) this.crashes += 1;
    for (const message of crash ? [] : messages) message.end = "done";
    return crash;
  }

  #shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, at: this.#chance() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }
}

function asReceived({ id, receives, mayHaveRun }: Waiting): ReceivedMessage {
  const body = jobMessage({ bucket: "b", key: id, mayHaveRun, force: false });
  return {
    id,
    receiptHandle: id,
    body,
    attributes: {},
    receiveCount: receives,
    sentAt: 0,
    firstReceivedAt: 0,
  };
}

function ran(poisons: readonly boolean[], overSeconds: number, seed: number): Setup {
  let state = seed;
  const chance = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const setup = new Setup(poisons, overSeconds, chance);
  setup.run();
  return setup;
}

it("costs another message at most two receives, wherever the poison message is", () => {
  fc.assert(
    fc.property(fc.nat(9), fc.integer(), (at, seed) => {
      const poisons = Array.from({ length: 10 }, (_, n) => n === at);
      const { waiting, crashes } = ran(poisons, 0, seed);
      for (const { poison, end, all } of waiting) {
        expect(end).toBe(poison ? "dead" : "done");
        if (!poison) expect(all).toBeLessThanOrEqual(3);
      }
      expect(crashes).toBe(MAX_RECEIVES);
    }),
    { numRuns: 500 },
  );
});

it("loses no other message to any number of poison messages, and ends", () => {
  const many = fc.array(fc.boolean(), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(many, fc.constantFrom(0, 60, 1000), fc.integer(), (poisons, over, seed) => {
      const { waiting } = ran(poisons, over, seed);
      const count = poisons.filter(Boolean).length;
      for (const { poison, end, all } of waiting) {
        expect(end).toBe(poison ? "dead" : "done");
        if (!poison && count === 0) expect(all).toBe(1);
      }
    }),
    { numRuns: 500 },
  );
});
