import { expect, it } from "vitest";
import { DEFAULTS } from "./options.ts";
import { chaos } from "./run.ts";

it("leaves no lost, stale or orphaned object with every fault", async () => {
  const options = {
    ...DEFAULTS,
    jobs: 60,
    requests: 240,
    seed: 7,
    minutes: 4,
    kills: 2.5,
    deliverKills: 0.12,
    catalogKills: 0.12,
    muchLater: 3,
  };
  const report = await chaos(options, new AbortController().signal);
  // The whole report, so that a failure shows the violations and the seed.
  expect(report, JSON.stringify(report, null, 2)).toMatchObject({
    met: true,
    quiet: true,
    jobs: 60,
    lost: 0,
    stale: 0,
    orphans: 0,
    unjust: 0,
    unexplained: 0,
    forbidden: [],
    viewers: { requests: 240, outdated: 0, unavailable: 0, violations: [] },
    catalog: {
      differs: 0,
      unmatched: 0,
      seqBack: 0,
      untold: 0,
      contradicts: 0,
      afterRedrive: { differs: 0, unmatched: 0, untold: 0, contradicts: 0 },
    },
    afterRedrive: { lost: 0, stale: 0, orphans: 0, owed: 0 },
  });
  // The test proves nothing without many faults and many operations.
  const { injected, kills, messages, outcomes, deadLetters, viewers, catalog } = report;
  expect(kills.deliver).toBeGreaterThan(0);
  expect(kills.catalog).toBeGreaterThan(0);
  for (const count of [catalog.reads, catalog.repeated, catalog.duplicates, catalog.late]) {
    expect(count).toBeGreaterThan(0);
  }
  for (const count of [viewers.made, viewers.substitutes, viewers.immutable]) {
    expect(count).toBeGreaterThan(0);
  }
  for (const result of ["Hit", "Miss", "RefreshHit"]) {
    expect(viewers.results[result]).toBeGreaterThan(0);
  }
  expect(kills.functions + kills.workers).toBeGreaterThan(0);
  expect(messages.duplicates).toBeGreaterThan(0);
  for (const kind of ["delay", "InternalError", "SlowDown", "lostAnswer", "reset"] as const) {
    expect(injected[kind]).toBeGreaterThan(0);
  }
  for (const outcome of ["rendered", "unchanged", "removed", "rejected", "forwarded"]) {
    expect(outcomes[outcome]).toBeGreaterThan(0);
  }
  expect(deadLetters["SourceCorrupt"]).toBeGreaterThan(0);
}, 600_000);

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
