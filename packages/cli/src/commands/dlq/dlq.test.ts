import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { Queue } from "@imagefleet/core/queue";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Cli, run } from "../../fixtures/cli.ts";
import { type Dead, putDeadLetters, takeAll } from "./fixtures/dead-letters.ts";

let sandbox: Sandbox;
let clis: Cli[];

beforeEach(async () => {
  sandbox = await startSandbox();
  clis = [];
});
afterEach(async () => {
  for (const cli of clis) cli.kill();
  await sandbox.close();
});

/** Keys `0.jpg`, `1.jpg`, … */
const keys = (count: number) => Array.from({ length: count }, (_, n) => `${n}.jpg`).sort();

const where = () => ["--endpoint", sandbox.endpoint, "--data", sandbox.folder];

function dlq(...args: string[]) {
  return run(["dlq", ...args, ...where()], { cwd: sandbox.folder });
}

async function json(...args: string[]) {
  const { stdout, stderr, code } = await dlq(...args, "--json");
  if (stdout === "") throw new Error(stderr);
  return { code, ...JSON.parse(stdout) };
}

function begin(...args: string[]): Cli {
  const cli = new Cli(["dlq", ...args, ...where()], { cwd: sandbox.folder });
  clis.push(cli);
  return cli;
}

/** Puts a dead letter for each key into the small lane's queue. */
function putDead(reason: Dead["reason"], ...some: readonly string[]) {
  return putDeadLetters(
    sandbox,
    some.map((key) => ({ key, reason })),
  );
}

async function listedIds(): Promise<string[]> {
  const { stdout } = await dlq("list", "--json");
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).id);
}

/** The counts of visible messages and of those in flight. */
function counts(url: string) {
  return new Queue(sandbox.sqs, url).counts();
}

describe("reading", () => {
  it("reports reasons, lanes and folders, and releases every dead letter", async () => {
    await putDeadLetters(sandbox, [
      ...keys(25).map((key) => ({ key: `a/${key}`, reason: "SourceCorrupt" }) as const),
      ...keys(3).map((key) => ({ key: `b/${key}`, reason: "Crashed" }) as const),
      { key: "c/big.tif", reason: "TimedOut", lane: "large", redriven: 2 },
    ]);
    const found = await json("summary");
    expect(found).toMatchObject({
      code: 0,
      deadLetters: 29,
      lanes: { small: { deadLetters: 28 }, large: { deadLetters: 1 } },
      reasons: [
        { name: "SourceCorrupt", deadLetters: 25 },
        { name: "Crashed", deadLetters: 3 },
        { name: "TimedOut", deadLetters: 1, large: 1 },
      ],
      folders: [
        { name: "a/", deadLetters: 25 },
        { name: "b/", deadLetters: 3 },
        { name: "c/", deadLetters: 1 },
      ],
      warnings: [],
    });
    const { stdout } = await dlq("list", "--key", "b/*", "--json");
    const lines = stdout.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { reason: "Crashed", receiveCount: null },
      { reason: "Crashed" },
      { reason: "Crashed" },
    ]);
    const { small, large } = sandbox.resources.lanes;
    expect(await counts(small.deadLetters)).toEqual({ waiting: 28, inFlight: 0 });
    expect(await counts(large.deadLetters)).toEqual({ waiting: 1, inFlight: 0 });
  });

  it("shows a dead letter by the first characters of its id, and that its source is missing", async () => {
    await putDead("Internal", "a.jpg");
    const { id } = await json("list");
    expect(await json("show", id.slice(0, 6))).toMatchObject({
      key: "a.jpg",
      receiveCount: 5,
      source: { state: "missing" },
    });
  });

  it("reports a source that was uploaded again after the attempt", async () => {
    await putDeadLetters(sandbox, [{ key: "a.jpg", reason: "SourceCorrupt", hoursAgo: 1 }]);
    const { id } = await json("list");
    expect((await dlq("show", id)).stdout).toContain("upload it again, then discard");
    const source = { Bucket: sandbox.resources.sourceBucket, Key: "a.jpg", Body: "whole" };
    await sandbox.s3.send(new PutObjectCommand(source));
    const { stdout } = await dlq("show", id);
    expect(stdout).toContain("the source was replaced after this attempt");
    expect(stdout).not.toContain("upload it again");
  });

  it("reports dead letters that another reader holds", async () => {
    await putDead("Throttled", ...keys(10));
    const url = sandbox.resources.lanes.small.deadLetters;
    const { Messages = [] } = await sandbox.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
    );
    expect(Messages).toHaveLength(10);
    const { code, stdout } = await dlq("summary");
    expect(code).toBe(0);
    expect(stdout.split("\n")[0]).toMatch(/^10 dead letters at .*, all held by another reader\.$/);
  });

  it("shows some of many folders, hours and dead letters, and all of them with --json", async () => {
    const dead = Array.from({ length: 15 }, (_, n) => {
      return { key: `${n}/a.jpg`, reason: "Internal", hoursAgo: n + 1 } as const;
    });
    await putDeadLetters(sandbox, dead);
    const { stdout } = await dlq("summary");
    expect(stdout).toContain("… and 7 folders more: --json lists all");
    expect(stdout).toContain("… 3 hours earlier: --json lists all");
    const { folders, hours } = await json("summary");
    expect([folders.length, hours.length]).toEqual([15, 15]);
    const listed = await dlq("list", "--limit", "4");
    expect(listed.stdout).toContain(
      "11 older dead letters not shown: use --limit, or --json for all",
    );
    const all = await dlq("list", "--limit", "4", "--json");
    const keys = all.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).key);
    expect(keys.sort()).toEqual(dead.map(({ key }) => key).sort());
  });

  it("lists the newest dead letters with the summary, as list does, from the same read", async () => {
    await putDeadLetters(
      sandbox,
      [3, 1, 2].map((n) => ({ key: `${n}.jpg`, reason: "Throttled", hoursAgo: n })),
    );
    const { letters, readAt, seconds, reasons } = await json("summary", "--letters", "2");
    const { stdout } = await dlq("list", "--json");
    const listed = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(letters).toEqual(listed.slice(-2).reverse());
    expect(letters.map(({ key }: { key: string }) => key)).toEqual(["1.jpg", "2.jpg"]);
    expect(Date.parse(readAt) + seconds * 1000).toBeLessThanOrEqual(Date.now());
    expect(reasons).toMatchObject([{ advice: expect.stringContaining("--rate 5") }]);
    const corrupt = { key: "4.jpg", reason: "SourceCorrupt", hoursAgo: 9 } as const;
    await putDeadLetters(sandbox, [corrupt]);
    expect(await json("summary")).toMatchObject({
      reasons: [
        { name: "Throttled", worthRedriving: true },
        { name: "SourceCorrupt", worthRedriving: false },
      ],
      letters: [],
    });
    const { code, stderr } = await dlq("summary", "--letters", "2");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("Add --json") });
  });

  it("groups messages that differ in numbers and keys, and selects them by any of them", async () => {
    const read = (n: number) => ({
      ...({ key: `${n}.jpg`, reason: "StoreUnavailable", hoursAgo: n + 1 } as const),
      message: `could not read s3://photos/a b ${n}.jpg: SlowDown (HTTP ${n})`,
    });
    const pages = (n: number) => ({
      ...({ key: `${n}.tif`, reason: "SourceTooLarge", lane: "large" } as const),
      message: `the source has ${n + 9} pages or frames and limits.pages is 8`,
    });
    const write = { ...read(0), message: "could not write s3://thumbs/0.jpg: SlowDown (HTTP 503)" };
    await putDeadLetters(sandbox, [read(0), read(1), read(2), pages(1), pages(2), write]);
    const { messages } = await json("summary");
    expect(messages).toMatchObject([
      {
        ...{ name: "could not read *: SlowDown (HTTP *)", reason: "StoreUnavailable" },
        ...{ example: read(0).message, deadLetters: 3, small: 3, large: 0 },
      },
      { name: "the source has * pages or frames and limits.pages is *", deadLetters: 2, large: 2 },
      { name: "could not write *: SlowDown (HTTP *)", deadLetters: 1 },
    ]);
    for (const text of [messages[0].name, messages[0].example, read(2).message])
      expect(await json("redrive", "--message", text, "--dry-run")).toMatchObject({ due: 3 });
    expect((await dlq("summary")).stdout).toMatch(
      /^message +dead letters +newest +main reason\ncould not read \*: SlowDown \(HTTP \*\) +3 /m,
    );
    const one = await dlq("summary", "--message", pages(7).message);
    expect(one.stdout).toContain("2 dead letters with the message the source has * pages");
    expect(one.stdout).not.toMatch(/^message /m);
    expect((await dlq("list", "--message", " ")).code).toBe(2);
  });

  it("lists dead letters of one time in the order of their ids", async () => {
    await putDead("Throttled", ...keys(20));
    const ids = await listedIds();
    expect(ids).toEqual([...ids].sort());
    expect(ids).toHaveLength(20);
  });

  it("ends with commands that can be copied and run on the same fleet", async () => {
    await putDead("Throttled", "a.jpg");
    const { stdout } = await dlq("summary");
    const [list, dry] = stdout.split("\n").filter((line) => / dlq .* --endpoint /.test(line));
    const shell = async (command = "") =>
      (await promisify(execFile)("sh", ["-c", command], { cwd: sandbox.folder })).stdout;
    const listed = (await shell(list)).split("\n");
    expect(await shell(listed.find((line) => line.includes("dlq show")))).toContain("a.jpg");
    expect(await shell(dry)).toContain("1 dead letter with reason Throttled would be redriven");
  });

  it("releases dead letters at Ctrl-C, and SQS shows them again after a kill", async () => {
    await putDead("Throttled", ...keys(30));
    const url = sandbox.resources.lanes.small.deadLetters;
    const slow = ["redrive", "--yes", "--rate", "1"];
    const first = begin(...slow);
    for (let all = 30; all === 30; ) {
      const { waiting, inFlight } = await counts(url);
      all = waiting + inFlight;
    }
    first.signal("SIGINT");
    const { code, stdout } = await first.ended();
    expect([code, stdout]).toEqual([130, expect.stringContaining("they stay in the queue")]);
    const left = await counts(url);
    expect(left.inFlight).toBe(0);

    const second = begin(...slow, "--lease", "5");
    while ((await counts(url)).inFlight === 0);
    second.signal("SIGKILL");
    await second.ended();
    while ((await counts(url)).inFlight > 0);
    const dead = await takeAll(sandbox, url);
    const sent = await takeAll(sandbox, sandbox.resources.lanes.small.url);
    expect([...new Set([...dead.keys, ...sent.keys])].sort()).toEqual(keys(30));
  });
});

it("takes ids as arguments of list, export, redrive and discard, and with --id", async () => {
  await putDead("Throttled", ...keys(5));
  const ids = await listedIds();
  const [a = "", b = "", c = "", ...kept] = ids;
  const idsIn = (stdout: string) => [...stdout.matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id);
  expect(idsIn((await dlq("list", a.slice(0, 12), c, "--json")).stdout)).toEqual([a, c]);
  expect(idsIn((await dlq("export", "-", a, "--id", b)).stdout).sort()).toEqual([a, b]);
  expect(await json("redrive", a, "--id", b, "--yes")).toMatchObject({ code: 0, redriven: 2 });
  expect(await json("discard", c, "--yes")).toMatchObject({ code: 0, discarded: 1 });
  expect(await listedIds()).toEqual(kept);
});

/** What `export` writes for the dead letter of the test, and the same with invalid lines. */
async function writeExports(): Promise<void> {
  const line = (await dlq("export", "-")).stdout;
  const invalid = '{"version":1}';
  const files = { one: line, second: `${line}${invalid}\n`, unended: invalid, taken: "" };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(sandbox.folder, `${name}.ndjson`), text);
  }
}

it.each([
  [["nonsense"], "unknown command nonsense. The dlq commands are summary, list, show, "],
  [["show", "zzz"], "no dead letter has an id that starts with zzz"],
  [["redrive"], "add --yes to proceed without confirmation"],
  [["discard", "--export", "-", "--yes"], "Name a file"],
  [["discard", "--export", "taken.ndjson", "--yes"], "the file exists"],
  [["discard", "--export", "taken.ndjson", "--dry-run"], "the file exists"],
  [["import", "."], "it is a folder"],
  [["import", "second.ndjson"], "line 2 is not a dead letter: lane is missing. Correct the line"],
  [["import", "unended.ndjson"], "line 1 is not a dead letter: lane is missing. Correct the line"],
  ...["2", "9"].map((line): [string[], string] => [
    ["import", "one.ndjson", "--from-line", line],
    "one.ndjson has only 1 line. Use a smaller number, or omit the option\n",
  ]),
])("exits with 2, says why and changes nothing: %j", async (args, message) => {
  await putDead("Internal", "a.jpg");
  await writeExports();
  const { code, stdout, stderr } = await dlq(...args);
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining(message),
  });
  expect(await readdir(sandbox.folder)).not.toContain("-");
  expect((await counts(sandbox.resources.lanes.small.deadLetters)).waiting).toBe(1);
});

it("a dry run tells lanes, earlier redrives and times of what a redrive or a discard is about", async () => {
  await putDeadLetters(sandbox, [
    { key: "1.jpg", reason: "Internal", redriven: 1, hoursAgo: 5 },
    { key: "2.jpg", reason: "Internal", redriven: 3, hoursAgo: 9 },
    { key: "3.tif", reason: "Internal", lane: "large", hoursAgo: 2 },
  ]);
  const hoursAgo = ({ oldest, newest }: { oldest: string; newest: string }) =>
    [oldest, newest].map((at) => Math.round((Date.now() - Date.parse(at)) / 3_600_000));
  const redrive = await json("redrive", "--dry-run");
  expect(redrive).toMatchObject({ due: 2, lanes: { small: 1, large: 1 }, redrivenBefore: 1 });
  expect(hoursAgo(redrive)).toEqual([5, 2]);
  const discard = await json("discard", "--dry-run");
  expect(discard).toMatchObject({ due: 3, lanes: { small: 2, large: 1 }, redrivenBefore: 2 });
  expect(hoursAgo(discard)).toEqual([9, 2]);
  const text =
    "1 in the small lane, 1 in the large lane, 1 redriven before, last attempted from 5 h ago to 2 h ago";
  expect((await dlq("redrive", "--dry-run")).stdout).toContain(text);
  expect((await dlq("discard", "--dry-run", "--lane", "large")).stdout).toContain(
    "would be discarded\n1 in the large lane, last attempted 2 h ago\n",
  );
  const none = { due: 0, lanes: { small: 0, large: 0 }, oldest: null, newest: null };
  expect(await json("discard", "--dry-run", "--reason", "Throttled")).toMatchObject(none);
});

describe("redrive", () => {
  it("moves only the selected dead letters, with one more redrive and without the old reason", async () => {
    await putDeadLetters(sandbox, [
      ...keys(12).map((key) => ({ key, reason: "Throttled", redriven: 1 }) as const),
      ...keys(8).map((key) => ({ key: `other/${key}`, reason: "SourceCorrupt" }) as const),
      { key: "big.tif", reason: "Throttled", lane: "large" },
    ]);
    expect(await json("redrive", "--reason", "throttled", "--dry-run")).toMatchObject({
      due: 13,
      redriven: 0,
    });
    expect(await json("redrive", "--reason", "throttled", "--yes")).toMatchObject({
      code: 0,
      redriven: 13,
      refused: 0,
      missed: 0,
    });
    const { small, large } = sandbox.resources.lanes;
    const moved = await takeAll(sandbox, small.url);
    expect(moved.keys).toEqual(keys(12));
    for (const each of moved.attributes)
      expect(each).toEqual({ RedriveCount: "2", RedriveOf: "Throttled" });
    expect((await takeAll(sandbox, large.url)).keys).toEqual(["big.tif"]);
    expect((await takeAll(sandbox, small.deadLetters)).keys).toEqual(
      keys(8).map((key) => `other/${key}`),
    );
  });

  it("misses nothing that another reader holds when it begins, or takes meanwhile", async () => {
    const letters = keys(60).map((key) => ({ key, reason: "Throttled" }) as const);
    await putDeadLetters(sandbox, letters);
    const other = new Queue(sandbox.sqs, sandbox.resources.lanes.small.deadLetters);
    await other.receive({ leaseSeconds: 2, waitSeconds: 0 });
    const args = ["dlq", "redrive", "--yes", "--rate", "20", "--json", ...where()];
    const env = { IMAGEFLEET_PROGRESS_MS: "100" };
    const cli = new Cli(args, { cwd: sandbox.folder, env });
    clis.push(cli);
    await cli.line(/^redriven \d/);
    expect(await other.receive({ leaseSeconds: 3, waitSeconds: 0 })).not.toEqual([]);
    const { code, stdout } = await cli.ended();
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      ...{ code: 0, due: 60, redriven: 60, missed: 0 },
    });
  });

  it("refuses and reports dead letters that were redriven --max-redrives times", async () => {
    await putDeadLetters(sandbox, [
      { key: "often.jpg", reason: "Internal", redriven: 3 },
      { key: "crashes.jpg", reason: "Crashed", redriven: 3 },
      { key: "new.jpg", reason: "Internal" },
    ]);
    const { code, stdout } = await dlq("redrive", "--yes");
    expect(code).toBe(3);
    expect(stdout).toContain("2 refused: already redriven 3 times");
    expect(stdout).toContain("then add --max-redrives 4");
    expect((await takeAll(sandbox, sandbox.resources.lanes.small.url)).keys).toEqual(["new.jpg"]);
    expect((await counts(sandbox.resources.lanes.small.deadLetters)).waiting).toBe(2);
  });
});

describe("discard", () => {
  it("exports exactly what it deletes, and import restores it unchanged", async () => {
    // Some readers take U+2028 for the end of a line; NDJSON does not.
    const odd = "crashed\u2028here.tif";
    await putDeadLetters(sandbox, [
      ...keys(23).map((key) => ({ key, reason: "SourceEmpty" }) as const),
      { key: "kept.jpg", reason: "Internal" },
      { key: odd, reason: "Crashed", lane: "large", redriven: 1 },
    ]);
    const file = join(sandbox.folder, "gone.ndjson");
    const meant = ["--reason", "SourceEmpty", "--reason", "Crashed"];
    expect(await json("discard", ...meant, "--yes", "--export", file)).toMatchObject({
      discarded: 25 - 1,
      export: file,
    });
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    const exported = lines.map((line) => JSON.parse(line).key).sort();
    expect(exported).toEqual([odd, ...keys(23)].sort());
    expect(await json("import", file)).toMatchObject({ imported: 24 });
    expect(await json("summary")).toMatchObject({
      deadLetters: 25,
      reasons: [
        { name: "SourceEmpty", deadLetters: 23 },
        { name: "Crashed", deadLetters: 1 },
        { name: "Internal", deadLetters: 1 },
      ],
    });
    expect(await json("list", "--reason", "Crashed")).toMatchObject({
      key: odd,
      lane: "large",
      redriveCount: 1,
    });
  });

  it("imports an empty export", async () => {
    const file = join(sandbox.folder, "dead-letters.ndjson");
    await dlq("export", file);
    expect(await json("import", file)).toMatchObject({ code: 0, imported: 0, lines: 0 });
  });

  it("reports the line to continue from when the queue refuses messages", async () => {
    await putDead("Internal", "a.jpg");
    const file = join(sandbox.folder, "dead-letters.ndjson");
    await dlq("export", file);
    const line = JSON.parse(await readFile(file, "utf8"));
    const tooLong = JSON.stringify({ ...line, body: "x".repeat(1_100_000) });
    await writeFile(file, `${`${JSON.stringify(line)}\n`.repeat(500)}${tooLong}\n`);
    const { code, stderr } = await dlq("import", file);
    expect(code).toBe(1);
    expect(stderr).toContain("not all of lines 501 to 501 were sent: ");
    expect(stderr).toContain(
      "All lines before are imported. To continue, run it again with --from-line 501",
    );
    expect((await counts(sandbox.resources.lanes.small.deadLetters)).waiting).toBe(501);
  });

  it("imports all but an incomplete last line", async () => {
    await putDead("Internal", "a.jpg", "b.jpg");
    const file = join(sandbox.folder, "dead-letters.ndjson");
    await dlq("export", file);
    await writeFile(file, (await readFile(file, "utf8")).slice(0, -20));
    const { code, stdout, stderr } = await dlq("import", file, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      imported: 1,
      refused: 0,
      leftOut: 1,
      lines: 2,
    });
    expect(stderr).toContain("line 2 is incomplete and was not imported");
    expect((await counts(sandbox.resources.lanes.small.deadLetters)).waiting).toBe(3);
  });
});
