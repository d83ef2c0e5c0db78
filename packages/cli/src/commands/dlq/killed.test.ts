import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LANES } from "@imagefleet/core/outcome";
import { Queue } from "@imagefleet/core/queue";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Cli, run } from "../../fixtures/cli.ts";
import { type Dead, putDeadLetters, takeAll } from "./fixtures/dead-letters.ts";

/** `IMAGEFLEET_LETTERS=10000 vitest run …/killed.test.ts`: the same with more. */
const DEAD_LETTERS = Number(process.env["IMAGEFLEET_LETTERS"] ?? 2_000);
/** Fewer dead letters suffice for a program that is killed. */
const KILLED = DEAD_LETTERS / 5;
const TIMEOUT_MS = 60_000 + DEAD_LETTERS * 40;

const REASONS = [
  "SourceCorrupt",
  "SourceUnsupported",
  "Throttled",
  "Internal",
  "Crashed",
] as const satisfies readonly Dead["reason"][];

/** A fifth have each reason, a tenth are in the large lane, and every key is unique. */
function deadLetters(count: number) {
  return Array.from({ length: count }, (_unused, n) => ({
    key: `${n % 7}/${n}.jpg`,
    reason: REASONS[n % REASONS.length] ?? "Internal",
    lane: n % 10 === 9 ? ("large" as const) : ("small" as const),
  }));
}

/** The keys of those of the first `count` dead letters that have one of these reasons. */
function keysOf(count: number, ...reasons: readonly Dead["reason"][]): string[] {
  return deadLetters(count)
    .filter(({ reason }) => reasons.includes(reason))
    .map(({ key }) => key)
    .sort();
}

let sandbox: Sandbox;
let running: Cli | undefined;
/** How far the servers' clock is ahead, ms. They run in this process, and leases end by their clock. */
let ahead: number;

beforeEach(async () => {
  ahead = 0;
  const now = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => now() + ahead);
  sandbox = await startSandbox();
});
afterEach(async () => {
  running?.kill();
  vi.restoreAllMocks();
  await sandbox.close();
});

const argsOf = (args: readonly string[]) => [
  ...["dlq", ...args, "--endpoint", sandbox.endpoint],
  ...["--data", sandbox.folder],
];

async function dlq(...args: string[]) {
  const { code, stdout, stderr } = await run([...argsOf(args), "--json"], { cwd: sandbox.folder });
  if (stdout === "") throw new Error(stderr);
  return { code, ...JSON.parse(stdout) };
}

/** The dead letters of both dead-letter queues, as SQS counts them. */
async function counts(): Promise<{ waiting: number; inFlight: number }> {
  const { small, large } = sandbox.resources.lanes;
  const [a, b] = await Promise.all(
    [small, large].map(({ deadLetters }) => new Queue(sandbox.sqs, deadLetters).counts()),
  );
  return {
    waiting: (a?.waiting ?? 0) + (b?.waiting ?? 0),
    inFlight: (a?.inFlight ?? 0) + (b?.inFlight ?? 0),
  };
}

/** Removes all messages after every lease has ended. A key is listed once for each message. */
async function census(): Promise<{ lanes: string[]; deadLetters: string[] }> {
  const all = { lanes: [] as string[], deadLetters: [] as string[] };
  // A request of the killed process may start a lease after the clock was moved.
  do {
    ahead += 3_600_000;
    for (const lane of LANES) {
      const { url, deadLetters } = sandbox.resources.lanes[lane];
      all.lanes.push(...(await takeAll(sandbox, url)).keys);
      all.deadLetters.push(...(await takeAll(sandbox, deadLetters)).keys);
    }
  } while ((await counts()).inFlight > 0);
  return all;
}

/** The keys of the complete lines of an export. */
async function exported(file: string): Promise<string[]> {
  const lines = (await readFile(file, "utf8").catch(() => "")).split("\n");
  return lines.slice(0, -1).map((line) => String(JSON.parse(line).key));
}

/**
 * Runs a command and kills it at a random point.
 *
 * @param progress returns how much of the work is done, between 0 and 1
 */
async function killAt(args: readonly string[], progress: () => Promise<number>): Promise<number> {
  const point = 0.05 + Math.random() * 0.7;
  const cli = new Cli(argsOf(args), { cwd: sandbox.folder });
  running = cli;
  while (cli.isAlive && (await progress()) < point);
  cli.signal("SIGKILL");
  const { code, stderr } = await cli.ended();
  expect(code, `killed at ${point.toFixed(3)}\n${stderr}`).toBe(137);
  // The server answers in order: the last lease of the killed process starts before the clock is moved.
  await counts();
  return point;
}

/** Expects each key in at least one and at most two places. */
function expectNoneLost(keys: readonly string[], places: readonly string[]): void {
  const found = Map.groupBy(places, (key) => key);
  expect(keys.filter((key) => !found.has(key))).toEqual([]);
  expect([...found].filter(([, times]) => times.length > 2)).toEqual([]);
  expect(found.size).toBe(keys.length);
}

describe(`${DEAD_LETTERS} dead letters of five reasons`, () => {
  it(
    "are summarized, redriven by reason, refused after too many redrives, and discarded into an export",
    async () => {
      await putDeadLetters(sandbox, deadLetters(DEAD_LETTERS));
      const fifth = DEAD_LETTERS / REASONS.length;
      const { reasons, lanes, warnings } = await dlq("summary");
      expect(
        Object.fromEntries(
          reasons.map(({ name, deadLetters }: { name: string; deadLetters: number }) => [
            name,
            deadLetters,
          ]),
        ),
      ).toEqual(Object.fromEntries(REASONS.map((reason) => [reason, fifth])));
      expect(lanes).toMatchObject({
        small: { deadLetters: DEAD_LETTERS * 0.9 },
        large: { deadLetters: DEAD_LETTERS * 0.1 },
      });
      expect(warnings).toEqual([]);

      expect(await dlq("redrive", "--reason", "Throttled", "Crashed", "--yes")).toMatchObject({
        code: 0,
        redriven: 2 * fifth,
        missed: 0,
      });
      const moved: Dead[] = [];
      for (const lane of LANES) {
        const { keys } = await takeAll(sandbox, sandbox.resources.lanes[lane].url);
        for (const key of keys) moved.push({ key, reason: "Internal", lane, redriven: 1 });
      }
      expect(moved.map(({ key }) => key).sort()).toEqual(
        keysOf(DEAD_LETTERS, "Throttled", "Crashed"),
      );

      // They fail again: the second redrive refuses them.
      await putDeadLetters(sandbox, moved);
      const again = ["redrive", "--reason", "Internal", "--max-redrives", "1", "--yes"];
      expect(await dlq(...again)).toMatchObject({
        code: 3,
        redriven: fifth,
        refused: 2 * fifth,
      });

      const file = join(sandbox.folder, "gone.ndjson");
      const away = ["discard", "--reason", "SourceCorrupt", "--export", file, "--yes"];
      expect(await dlq(...away)).toMatchObject({ discarded: fifth, missed: 0 });
      expect((await exported(file)).sort()).toEqual(keysOf(DEAD_LETTERS, "SourceCorrupt"));
      const left = await census();
      expect(left.lanes.sort()).toEqual(keysOf(DEAD_LETTERS, "Internal"));
      expect(left.deadLetters.sort()).toEqual(
        keysOf(DEAD_LETTERS, "SourceUnsupported", "Throttled", "Crashed"),
      );
    },
    TIMEOUT_MS,
  );
});

describe("kill -9 loses no message", () => {
  beforeEach(() => putDeadLetters(sandbox, deadLetters(KILLED)));
  const due = ["SourceUnsupported", "Throttled", "Internal", "Crashed"] as const;
  const selection = ["--reason", ...due, "--yes"];
  /** The share of the selected dead letters that have left the dead-letter queues. */
  const gone = async () => {
    const { waiting, inFlight } = await counts();
    return (KILLED - waiting - inFlight) / keysOf(KILLED, ...due).length;
  };
  const inFlightShare = async () => (await counts()).inFlight / KILLED;

  it(
    "in a redrive; a second redrive completes it",
    async () => {
      await killAt(["redrive", ...selection], gone);
      ahead += 3_600_000;
      expect(await dlq("redrive", ...selection)).toMatchObject({ code: 0, missed: 0 });
      const { lanes, deadLetters } = await census();
      expectNoneLost(keysOf(KILLED, ...due), lanes);
      expect(deadLetters.sort()).toEqual(keysOf(KILLED, "SourceCorrupt"));
    },
    TIMEOUT_MS,
  );

  it(
    "in a discard; import restores the deleted dead letters from the export",
    async () => {
      const file = join(sandbox.folder, "gone.ndjson");
      await killAt(["discard", ...selection, "--export", file], gone);
      const lines = await exported(file);
      ahead += 3_600_000;
      expect(await dlq("import", file)).toMatchObject({ imported: lines.length, refused: 0 });
      const { lanes, deadLetters } = await census();
      expect(lanes).toEqual([]);
      expectNoneLost(keysOf(KILLED, ...REASONS), deadLetters);
    },
    TIMEOUT_MS,
  );

  it.each([["list"], ["show", "no such id"], ["export", "dead-letters.ndjson"]])(
    "in %s",
    async (...args) => {
      await killAt(args, inFlightShare);
      const { lanes, deadLetters } = await census();
      expect(lanes).toEqual([]);
      expect(deadLetters.sort()).toEqual(keysOf(KILLED, ...REASONS));
    },
    TIMEOUT_MS,
  );

  it(
    "in an import; the file still has every dead letter",
    async () => {
      const file = join(sandbox.folder, "dead-letters.ndjson");
      await dlq("export", file);
      await census();
      await killAt(["import", file], async () => (await counts()).waiting / KILLED);
      expect((await exported(file)).sort()).toEqual(keysOf(KILLED, ...REASONS));
      const { deadLetters } = await census();
      expect(deadLetters.length).toBeGreaterThan(0);
      expectNoneLost(keysOf(KILLED, ...REASONS), [...deadLetters, ...(await exported(file))]);
    },
    TIMEOUT_MS,
  );
});
