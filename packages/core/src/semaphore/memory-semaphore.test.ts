import { setImmediate } from "node:timers/promises";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { MemorySemaphore, type Permit } from "./memory-semaphore.ts";

const never = new AbortController().signal;

/** Work that runs until the test ends it. */
class Job {
  state: "waiting" | "working" | "shrunk" | "ended" | "aborted" = "waiting";
  permit: Permit | undefined;
  held: number;
  readonly #stop = new AbortController();
  readonly #over = Promise.withResolvers<void>();

  constructor(semaphore: MemorySemaphore, bytes: number, order: Job[]) {
    this.held = bytes;
    const work = async (permit: Permit) => {
      this.permit = permit;
      this.state = "working";
      order.push(this);
      await this.#over.promise;
    };
    semaphore.run(work, bytes, this.#stop.signal).catch(() => {
      this.state = "aborted";
    });
  }

  step(kind: "shrink" | "end" | "abort"): void {
    if (kind === "abort") this.#stop.abort(new Error("stopped"));
    if (kind === "shrink" && this.state === "working") {
      this.held = Math.floor(this.held / 2);
      this.permit?.shrinkTo(this.held);
      this.state = "shrunk";
    }
    if (kind === "end" && (this.state === "working" || this.state === "shrunk")) {
      this.#over.resolve();
      this.state = "ended";
    }
  }
}

it("keeps the slots, the budget and the order, and starves no work", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("come" as const), bytes: fc.integer({ min: 0, max: 150 }) }),
    fc.record({ kind: fc.constantFrom("shrink", "end", "abort"), at: fc.nat(20) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, slots) => {
        const semaphore = new MemorySemaphore({ bytes: 100, slots });
        const jobs: Job[] = [];
        const order: Job[] = [];
        const check = () => {
          const working = jobs.filter(({ state }) => state === "working");
          const inside = jobs.filter(({ state }) => state === "working" || state === "shrunk");
          const used = inside.reduce((sum, { held }) => sum + held, 0);
          expect(working.length).toBeLessThanOrEqual(slots);
          if (inside.length > 1) expect(used).toBeLessThanOrEqual(100);
          // The first that waits does not fit.
          const first = jobs.find(({ state }) => state === "waiting");
          if (first) {
            const full = working.length === slots || used + first.held > 100;
            expect(inside.length > 0 && full).toBe(true);
          }
        };
        for (const one of steps) {
          if (one.kind === "come") jobs.push(new Job(semaphore, one.bytes, order));
          else jobs[one.at % Math.max(1, jobs.length)]?.step(one.kind);
          await setImmediate();
          check();
        }
        while (jobs.some(({ state }) => state === "waiting" || state === "working")) {
          for (const job of jobs) job.step("end");
          await setImmediate();
          check();
        }
        expect(order).toEqual(jobs.filter((job) => order.includes(job)));
        expect(jobs.every(({ state }) => state !== "waiting")).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

it("runs work that needs more than the budget, and runs it alone", async () => {
  const semaphore = new MemorySemaphore({ bytes: 100, slots: 4 });
  const order: Job[] = [];
  const [small, giant, next] = [10, 1000, 10].map((bytes) => new Job(semaphore, bytes, order));
  await setImmediate();
  expect([small?.state, giant?.state, next?.state]).toEqual(["working", "waiting", "waiting"]);
  small?.step("end");
  await setImmediate();
  expect([giant?.state, next?.state]).toEqual(["working", "waiting"]);
  giant?.step("end");
  await setImmediate();
  expect(next?.state).toBe("working");
});

it("frees the slot when the work throws", async () => {
  const semaphore = new MemorySemaphore({ bytes: 100, slots: 1 });
  const failing = () => Promise.reject(new Error("no"));
  await expect(semaphore.run(failing, 10, never)).rejects.toThrow("no");
  expect(await semaphore.run(async () => "in", 10, never)).toBe("in");
});
