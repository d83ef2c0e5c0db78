import { describe, expect, it } from "vitest";
import { type CatalogViolation, catalogReport } from "./catalog/index.ts";
import { reportOf, tally } from "./report.ts";
import type { Violation } from "./snapshot/index.ts";
import { view } from "./view.ts";

const faults = {
  delay: 0,
  reset: 1,
  cutRequest: 0,
  cutResponse: 0,
  lostAnswer: 0,
  InternalError: 0,
  SlowDown: 0,
  TooManyRequests: 0,
};
const items = {
  items: 4,
  reads: 40,
  notifications: 12,
  repeated: 2,
  owed: 0,
  events: 11,
  duplicates: 2,
  late: 3,
};
const measured = {
  catalog: catalogReport(items, [], { violations: [], redriven: 0 }),
  seed: 1,
  jobs: 10,
  sources: 4,
  seconds: 2.5,
  quiet: true,
  deadLetters: { SourceCorrupt: 1 },
  forbidden: [],
  messages: { events: 10, duplicates: 2, late: 1, nonsense: 0 },
  calls: 99,
  injected: faults,
  kills: { functions: 1, workers: 0, paused: 0, deliver: 0, catalog: 0 },
  outcomes: { rendered: 9 },
  receives: { "1": 9 },
  viewers: {
    requests: 20,
    statuses: { "200": 20 },
    results: { Hit: 12, Miss: 8 },
    cut: 0,
    made: 3,
    substitutes: 0,
    immutable: 2,
    slowestMs: 250,
    outdated: 0,
    unavailable: 0,
    violations: [],
  },
};
const stale: Violation = { kind: "stale", key: "a.png", why: "old" };
const right = { violations: [], owed: [] };

describe("a report", () => {
  it("is met without violations, also when a redrive has resolved an owed dead letter", () => {
    const before = { violations: [], owed: [stale] };
    const report = reportOf(measured, before, { ...right, redriven: 1 });
    expect(report).toMatchObject({ met: true, owed: 1, stale: 0, afterRedrive: { redriven: 1 } });
    expect(view(report)).toContain(
      "Nothing lost, nothing stale, nothing outdated, nothing untold, nothing left behind.",
    );
  });

  it.each([
    ["wrong before the redrive", { violations: [stale], owed: [] }, right, { stale: 1 }],
    ["wrong after it", right, { violations: [stale], owed: [] }, { afterRedrive: { stale: 1 } }],
    [
      "still owed after it",
      right,
      { violations: [], owed: [stale] },
      { afterRedrive: { owed: 1 } },
    ],
  ])("is not met with something %s", (_name, before, after, figures) => {
    const report = reportOf(measured, before, { ...after, redriven: 0 });
    expect(report).toMatchObject({ met: false, ...figures, violations: [stale] });
    expect(view(report)).toContain("stale a.png: old");
    expect(view(report)).toContain("NOT MET");
  });

  it("is not met with a call that no policy allows", () => {
    const forbidden = ["the worker: s3:PutObject source/*"];
    const report = reportOf({ ...measured, forbidden }, right, { ...right, redriven: 0 });
    expect(report.met).toBe(false);
    expect(view(report)).toContain("forbidden the worker: s3:PutObject source/*");
    expect(view(report)).toContain("NOT MET");
  });

  it.each(["outdated", "unavailable"] as const)("is not met with an %s answer", (kind) => {
    const violations = [{ kind, key: "thumb/a.png.png", why: "it was replaced" }];
    const viewers = { ...measured.viewers, [kind]: 1, violations };
    const report = reportOf({ ...measured, viewers }, right, { ...right, redriven: 0 });
    expect(report.met).toBe(false);
    expect(view(report)).toContain(`${kind} thumb/a.png.png: it was replaced`);
    expect(view(report)).toContain("NOT MET");
  });

  it.each(["differs", "unmatched", "seqBack", "untold", "contradicts"] as const)(
    "is not met with an item that %s, before or after the redrive",
    (kind) => {
      const wrong: CatalogViolation = { kind, key: "a.png", why: "of its seq" };
      for (const [before, after] of [
        [[wrong], []],
        [[], [wrong]],
      ] as const) {
        const catalog = catalogReport(items, before, { violations: after, redriven: 0 });
        const report = reportOf({ ...measured, catalog }, right, { ...right, redriven: 0 });
        expect(report).toMatchObject({
          met: false,
          catalog: { [kind]: before.length, afterRedrive: { [kind]: after.length } },
        });
        expect(view(report)).toContain(`${kind} a.png: of its seq`);
        expect(view(report)).toContain("NOT MET");
      }
    },
  );

  it("is not met with remaining messages", () => {
    const report = reportOf({ ...measured, quiet: false }, right, { ...right, redriven: 0 });
    expect(report.met).toBe(false);
    expect(view(report)).toContain("NOT MET: messages were left");
  });
});

it("counts names in their order", () => {
  expect(tally(["b", "a", "b"])).toEqual({ a: 1, b: 2 });
  expect(Object.keys(tally(["2", "1"]))).toEqual(["1", "2"]);
});
