import { expect, it } from "vitest";
import { DEFAULTS } from "./options.ts";
import { chaos } from "./run.ts";

it("leaves no lost, stale or orphaned object with every fault", async () => {
  const options = { ...DEFAULTS, jobs: 120, seed: 7, minutes: 2, kills: 2.5, muchLater: 3 };
  const report = await chaos(options, new AbortController().signal);
  // The whole report, so that a failure shows the violations and the seed.
  expect(report, JSON.stringify(report, null, 2)).toMatchObject({
    met: true,
    quiet: true,
    jobs: 120,
    lost: 0,
    stale: 0,
    orphans: 0,
    unjust: 0,
    unexplained: 0,
    forbidden: [],
    afterRedrive: { lost: 0, stale: 0, orphans: 0, owed: 0 },
  });
  // The test proves nothing without many faults and many operations.
  const { injected, kills, messages, outcomes, deadLetters } = report;
  expect(kills.functions + kills.workers).toBeGreaterThan(0);
  expect(messages.duplicates).toBeGreaterThan(0);
  for (const kind of ["delay", "InternalError", "SlowDown", "lostAnswer", "reset"] as const) {
    expect(injected[kind]).toBeGreaterThan(0);
  }
  for (const outcome of ["rendered", "unchanged", "removed", "rejected", "forwarded"]) {
    expect(outcomes[outcome]).toBeGreaterThan(0);
  }
  expect(deadLetters["SourceCorrupt"]).toBeGreaterThan(0);
}, 150_000);

it("ends when it is stopped", async () => {
  const stop = new AbortController();
  const working = Promise.withResolvers<void>();
  const running = chaos({ ...DEFAULTS, seed: 8 }, stop.signal, ({ jobs }) => {
    if (jobs > 5) working.resolve();
  });
  await working.promise;
  stop.abort(new Error("stopped"));
  await expect(running).rejects.toThrow("stopped");
}, 60_000);
