import { describe, expect, it } from "vitest";
import { type AuditTotals, type FindingKind, isComplete } from "./finding.ts";
import { plan } from "./repair.ts";
import { reportText } from "./text.ts";

function totals(
  findings: Partial<Record<FindingKind, number>>,
  more: Partial<AuditTotals> = {},
): AuditTotals {
  const none = { unrendered: 0, stale: 0, missing: 0, unlisted: 0, orphan: 0 };
  return {
    sources: 488,
    complete: 488,
    objects: 5_000,
    unwritten: 0,
    requests: { lists: 1, gets: 1 },
    ...more,
    findings: { ...none, rejected: 0, tombstone: 0, foreign: 0, ...findings },
  };
}

describe("a preset that was dropped", () => {
  const dropped = totals({ orphan: 1_916 }, { unwritten: 1_916 });

  it("does not stop a repair for fear of a wrong source bucket", () => {
    expect(plan(dropped, false)).toMatchObject({
      text: "Remove 1,916 objects that no preset writes any more",
      orphans: false,
      unwritten: true,
      held: [],
    });
  });

  it("is reported apart from deleted sources, and sources count as complete", () => {
    const screen = { paint: (_style: unknown, text: string) => text, command: String };
    const both = { ...dropped, findings: { ...dropped.findings, orphan: 1_919 } };
    const text = reportText(both, 0, 1, "AWS", false, screen).join("\n");
    expect(text).toContain(
      "Sources complete: 488 of 488 sources, 100 %; 1,919 orphaned objects, at AWS",
    );
    expect(text).toMatch(/ 3 +orphan +objects of this fleet whose source is deleted/);
    expect(text).toMatch(/ 1,916 +orphan +objects of this fleet that no preset writes any more/);
  });

  it("is not removed until every source is up to date", () => {
    const early = totals({ orphan: 1_916, stale: 1 }, { unwritten: 1_916, complete: 487 });
    expect(plan(early, false)).toMatchObject({ text: "Enqueue 1 job", unwritten: false });
    expect(plan(early, false).held).toEqual([expect.stringContaining("1,916 objects that no")]);
  });
});

describe("many orphans of deleted sources", () => {
  const wrong = /^1,900 orphans .* only 488 sources: --source-bucket may be wrong/;

  it("are not removed, nor are other orphans, without --remove-many", () => {
    const gone = totals({ orphan: 1_916 }, { unwritten: 16 });
    expect(plan(gone, false)).toMatchObject({ nothing: true, orphans: false, unwritten: false });
    expect(plan(gone, false).held).toEqual([expect.stringMatching(wrong)]);
    expect(plan(gone, true)).toMatchObject({ orphans: true, unwritten: true, held: [] });
  });

  it("include those of no preset when no source exists", () => {
    const empty = totals({ orphan: 200 }, { unwritten: 200, sources: 0, complete: 0 });
    expect(plan(empty, false)).toMatchObject({ nothing: true, unwritten: false });
  });
});

describe("expired tombstones", () => {
  it("are removed by a repair, and do not make the fleet incomplete", () => {
    const old = totals({ tombstone: 2 });
    expect(plan(old, false)).toMatchObject({ text: "Remove 2 tombstones", tombstones: true });
    expect(isComplete(old)).toBe(true);
  });
});
