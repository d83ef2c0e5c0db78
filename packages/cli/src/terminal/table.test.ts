import { styleText } from "node:util";
import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { printable, printableJson, printableStyled } from "./printable.ts";
import { choose, MAX_ROWS, type SourceRow, sourceTable } from "./source-table.ts";
import { table } from "./table.ts";

const text = fc.string({ unit: "grapheme", maxLength: 120 });
const canvas = (width: number) => ({ width, paint: (_style: unknown, plain: string) => plain });

describe("a table", () => {
  test("is never wider than the terminal, for any content", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(text, text)),
        fc.integer({ min: 20, max: 200 }),
        (rows, width) => {
          const columns = [
            {
              title: "one",
              cell: (row: [string, string]) => printable(row[0]),
              min: 8,
              cut: "middle",
            },
            { title: "two", cell: (row: [string, string]) => printable(row[1]), align: "right" },
          ] as const;
          const lines = table(columns, rows, canvas(width));
          expect(lines).toHaveLength(rows.length + 1);
          for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  test("aligns by display width, and cuts long names in the middle", () => {
    const rows = [
      { name: "日本.jpg", size: "1 B" },
      { name: "a-very-long-name-of-a-picture.jpg", size: "12 B" },
    ];
    const columns = [
      { title: "name", cell: ({ name }: (typeof rows)[0]) => name, min: 8, cut: "middle" },
      { title: "size", cell: ({ size }: (typeof rows)[0]) => size, align: "right" },
    ] as const;
    expect(table(columns, rows, canvas(20))).toEqual([
      "name            size",
      "日本.jpg         1 B",
      "a-very-…re.jpg  12 B",
    ]);
  });

  test("replaces control characters of keys", () => {
    expect(printable("a\u001b[2Jb\u202egpj.exe\n")).toBe("a\ufffd[2Jb\ufffdgpj.exe\ufffd");
    expect(printable("\u009b2J\u200e\u200f\u061c\u2066\u2028\u007f")).toBe(
      "\ufffd2J".padEnd(9, "\ufffd"),
    );
    const styled = styleText("red", "a\u009b2J\u001b]0;t\u0007", { validateStream: false });
    expect(printableStyled(`${styled}\nb`)).toBe(
      "\u001b[31ma\ufffd2J\ufffd]0;t\ufffd\u001b[39m\nb",
    );
  });

  test("prints JSON with the same value and without control characters", () => {
    const unit = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
      fc.constantFrom("\u009b", "\u007f", "\u202e", "\u061c", "\u200f", "\u2028", "\n", "\ud800"),
    );
    const key = fc.string({ unit, maxLength: 20 });
    fc.assert(
      fc.property(
        fc.dictionary(key, fc.oneof(key, fc.array(key))),
        fc.option(fc.constant(2)),
        (value, indent) => {
          const json = printableJson(value, indent ?? undefined);
          expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
          expect(printable(json.replaceAll("\n", ""))).toBe(json.replaceAll("\n", ""));
          if (indent === null) expect(json).not.toContain("\n");
        },
      ),
    );
  });
});

const row = (name: string, outcome: string, ms: number): SourceRow => ({
  name,
  lane: "small",
  outcome,
  reason: null,
  bytesIn: 1,
  renditions: [],
  ms,
});

test("shows source, lane and outcome on 40 columns", () => {
  const bad = row("a-very-long-name-of-a-picture.jpg", "rejected", 1);
  expect(sourceTable([{ ...bad, reason: "SourceCorrupt" }], canvas(40))).toEqual([
    "source              lane   outcome",
    "a-very-lo…ture.jpg  small  SourceCorrupt",
  ]);
});

describe("a table of many sources", () => {
  test("shows problems and the slowest sources", () => {
    const rows = Array.from({ length: 1000 }, (_unused, index) =>
      row(`${index}`, "rendered", index),
    );
    const bad = [row("bad", "rejected", 1), row("worse", "failed", 2)];
    const shown = choose([...rows, ...bad]).map(({ name }) => name);
    expect(shown).toHaveLength(MAX_ROWS);
    expect(shown.slice(0, 4)).toEqual(["bad", "worse", "999", "998"]);
  });

  test("shows forty sources in their order", () => {
    const rows = Array.from({ length: 40 }, (_unused, index) => row(`${index}`, "rendered", index));
    expect(choose(rows)).toBe(rows);
  });
});
