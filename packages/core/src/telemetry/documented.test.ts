import { readFileSync } from "node:fs";
import { Writable } from "node:stream";
import { samplesOf, sums } from "@imagefleet/local/emf";
import fc from "fast-check";
import pino from "pino";
import { expect, it } from "vitest";
import {
  CRASHED,
  FAILED_REASONS,
  LANES,
  type Outcome,
  type OutcomeKind,
  REJECTED_REASONS,
} from "../outcome/index.ts";
import { countBatch, countDeadLetter } from "./counts.ts";
import { ANSWERS, type Delivered, logDelivery } from "./delivery-line.ts";
import { logJob } from "./job-line.ts";
import { MetricLog } from "./metric-log.ts";
import { METRICS } from "./metrics.ts";
import { PHASES } from "./phase-timer.ts";
import { SIZES, sizeOf } from "./size.ts";
import type { Telemetry } from "./telemetry.ts";

const DOCS = readFileSync(new URL("../../../../docs/telemetry.md", import.meta.url), "utf8");
const BASE = rowsOf("Every line").flatMap(([fields = ""]) => namesIn(fields));
const REASONS = [...REJECTED_REASONS, ...FAILED_REASONS];
const KINDS: readonly OutcomeKind[] = [
  ...(["rendered", "unchanged", "removed", "forwarded", "ignored"] as const),
  ...(["rejected", "failed"] as const),
];

/** The cells of the table in a section, by row. */
function rowsOf(title: string): string[][] {
  const section = DOCS.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, name]) => name ?? []);
}

interface Field {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
}

/** The documented fields of a line with metrics, for an outcome. */
function documented(title: string, kind: string): Field[] {
  return rowsOf(title).flatMap(([names = "", type = "", , on = ""]) => {
    const words = on.split(/, | if .*$/).map((word) => word.replace(/^if .*$/, ""));
    if (!words.includes("all") && !words.includes(kind)) return [];
    const optional = /\bif\b/.test(on);
    return namesIn(names).map((name) => ({ name, type, optional }));
  });
}

function faults(line: Readonly<Record<string, unknown>>, fields: readonly Field[]): string[] {
  const known = new Map(fields.map((field) => [field.name, field]));
  const types = { string: "text" } as Readonly<Record<string, string>>;
  return [
    ...Object.entries(line)
      .filter(([name]) => !BASE.includes(name))
      .flatMap(([name, value]) => {
        const type = types[typeof value] ?? typeof value;
        const documentedType = known.get(name)?.type;
        return documentedType === type
          ? []
          : [`${name} is ${type}, documented as ${documentedType}`];
      }),
    ...[...BASE, ...fields.filter(({ optional }) => !optional).map(({ name }) => name)]
      .filter((name) => !(name in line))
      .map((name) => `${name} is documented and not there`),
  ];
}

let text = "";
const stream = new Writable({
  write(chunk, _encoding, done) {
    text += String(chunk);
    done();
  },
});
const log = pino({ level: "silent", base: { program: "consume" } }, stream);
const telemetry: Telemetry = { log, metrics: new MetricLog(log, "imagefleet/test") };

/** One line of a program with metrics, at the log's lowest level. */
function written(write: () => void): string {
  text = "";
  write();
  return text.trimEnd();
}

const bytes = fc.nat(2 ** 40);
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc
    .record(
      {
        renditions: fc.nat(50),
        bytesIn: bytes,
        bytesOut: bytes,
        bytesSaved: fc.integer(),
        damaged: fc.string(),
      },
      { requiredKeys: ["renditions", "bytesIn", "bytesOut"] },
    )
    .map((made) => ({ kind: "rendered" as const, ...made })),
  fc.constant({ kind: "unchanged" as const }),
  fc.nat(50).map((removed) => ({ kind: "removed" as const, removed })),
  fc
    .record({ why: fc.string(), mayHaveRun: fc.constant(true as const) }, { requiredKeys: ["why"] })
    .map((forward) => ({ kind: "forwarded" as const, ...forward })),
  fc.string().map((why) => ({ kind: "ignored" as const, why })),
  fc
    .record({ reason: fc.constantFrom(...REJECTED_REASONS), message: fc.string() })
    .map((why) => ({ kind: "rejected" as const, ...why })),
  fc
    .record({ reason: fc.constantFrom(...FAILED_REASONS), message: fc.string() })
    .map((why) => ({ kind: "failed" as const, ...why })),
);
const job = fc.record(
  {
    bucket: fc.string(),
    key: fc.string({ unit: "grapheme" }),
    lane: fc.constantFrom(...LANES),
    receiveCount: fc.nat(9),
    ms: fc.double({ min: 0, max: 1e7, noNaN: true }),
    messages: fc.integer({ min: 2, max: 10 }),
  },
  { requiredKeys: ["bucket", "key", "lane", "receiveCount", "ms"] },
);
const timings = fc.array(
  fc
    .tuple(fc.constantFrom(...PHASES), fc.nat(1e6), fc.nat(1e6))
    .map(([phase, from, took]) => ({ phase, from, to: from + took })),
);

it("documents every job's line and its metrics", () => {
  const seen = new Map<string, Set<string>>(KINDS.map((kind) => [kind, new Set()]));
  fc.assert(
    fc.property(job, outcome, timings, bytes, (one, ended, all, waitMs) => {
      const at = 1_763_700_000_000;
      const text = written(() => logJob(telemetry, one, ended, { at, waitMs, timings: all }));
      const line: Record<string, unknown> = JSON.parse(text);
      for (const name of Object.keys(line)) seen.get(ended.kind)?.add(name);
      expect(faults(line, documented('A job: `msg: "job"`', ended.kind))).toEqual([]);

      const { lane } = one;
      const rendered = ended.kind === "rendered" ? ended : undefined;
      const size = rendered && sizeOf(rendered.bytesIn);
      const phases = all.map(
        ({ phase, from, to }) => [`${phase}Ms size=${size}`, to - from] as const,
      );
      const times = Map.groupBy(phases, ([series]) => series);
      expect(sums(samplesOf(text))).toEqual({
        [`jobs lane=${lane} outcome=${ended.kind}`]: 1,
        [`waitMs lane=${lane}`]: waitMs,
        ...(rendered && {
          [`jobMs lane=${lane} size=${size}`]: Math.round(one.ms),
          [`bytesIn lane=${lane}`]: rendered.bytesIn,
          [`bytesOut lane=${lane}`]: rendered.bytesOut,
          ...(rendered.bytesSaved !== undefined && {
            [`bytesSaved lane=${lane}`]: rendered.bytesSaved,
          }),
          ...Object.fromEntries(
            [...times].map(([series, some]) => [series, some.reduce((sum, [, ms]) => sum + ms, 0)]),
          ),
        }),
      });
      expect(samplesOf(text).every((sample) => sample.at === at)).toBe(true);
    }),
    { numRuns: 300 },
  );
  // Every documented field occurs in a line.
  for (const [kind, names] of seen) {
    const fields = documented('A job: `msg: "job"`', kind).map(({ name }) => name);
    expect([kind, ...names].sort()).toEqual([kind, ...BASE, ...fields].sort());
  }
});

it.each([...REASONS.map((reason) => [reason, true] as const), [CRASHED, false] as const])(
  "documents a dead letter's line: %s",
  (reason, known) => {
    const source = known ? { bucket: "photos", key: "ü.jpg" } : {};
    const text = written(() =>
      countDeadLetter(telemetry, { lane: "large", reason, ...source, messageId: "m" }, 5),
    );
    const title = 'A dead letter: `msg: "dead letter"`';
    expect(faults(JSON.parse(text), documented(title, "all"))).toEqual([]);
    expect(sums(samplesOf(text))).toEqual({ [`deadLetters lane=large reason=${reason}`]: 1 });
  },
);

it("documents a batch's line", () => {
  const batch = { lane: "small", batchSize: 7, retry: 2, ms: 12.5 } as const;
  const text = written(() => countBatch(telemetry, batch, 5));
  expect(faults(JSON.parse(text), documented('A batch: `msg: "batch"`', "all"))).toEqual([]);
  expect(sums(samplesOf(text))).toEqual({ "batchSize lane=small": 7 });
});

it.each<Delivered>([
  { answer: "made", bytes: 7 },
  { answer: "substitute", substitute: "placeholder", bytes: 7 },
  { answer: "notFound", reason: "SourceCorrupt" },
  { answer: "unavailable", message: "S3 does not answer" },
])("documents a delivery's line: $answer", (delivered) => {
  const { answer } = delivered;
  const text = written(() => logDelivery(telemetry, { key: "a/ü.jpg", ...delivered, ms: 12.4 }, 5));
  const fields = documented('A delivery: `msg: "delivery"`', answer);
  expect(faults(JSON.parse(text), fields)).toEqual([]);
  expect(JSON.parse(text).level).toBe(answer === "unavailable" ? 40 : 30);
  expect(sums(samplesOf(text))).toEqual({
    [`deliveries answer=${answer}`]: 1,
    [`deliverMs answer=${answer}`]: 12,
  });
});

it.each([
  [0, "up to 1 MiB"],
  [2 ** 20, "up to 1 MiB"],
  [2 ** 20 + 1, "up to 5 MiB"],
  [20 * 2 ** 20, "up to 20 MiB"],
  [20 * 2 ** 20 + 1, "over 20 MiB"],
])("classes a source of %d bytes as %s", (size, name) => {
  expect(sizeOf(size)).toBe(name);
});

it("documents the metrics and their cost", () => {
  const values: Readonly<Record<string, readonly string[]>> = {
    lane: LANES,
    outcome: KINDS,
    reason: REASONS,
    size: SIZES,
    answer: ANSWERS,
  };
  const rows = Object.entries(METRICS).map(([name, { unit, dimensions }]) => {
    const series = dimensions.reduce((all, each) => all * (values[each]?.length ?? 0), 1);
    // Only the function has batches, and it drains the small lane.
    return { name, unit, dimensions: [...dimensions], series: name === "batchSize" ? 1 : series };
  });
  expect(
    rowsOf("Metrics").map(([name = "", unit, dimensions = "", series]) => ({
      name: namesIn(name)[0],
      unit,
      dimensions: namesIn(dimensions),
      series: Number(series),
    })),
  ).toEqual(rows);
  const all = rows.reduce((sum, { series }) => sum + series, 0);
  expect(DOCS).toContain(`at most ${all} series a fleet: $${(all * 0.3).toFixed(2)} a month`);
});
