import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { jobMessage } from "@imagefleet/core/intake";
import type { DeadLetterReason } from "@imagefleet/core/outcome";
import { deadLetterAttributes, Queue } from "@imagefleet/core/queue";
import { asEnvironment } from "@imagefleet/local/credentials";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { type Fleet, startFleet } from "@imagefleet/local/fleet";
import { createResources, REGION } from "@imagefleet/local/resources";
import { type Browser, chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { CLI, runFolder } from "../data.ts";
import { type Context, defineBench } from "../runner.ts";

const RECIPE = 'export default { presets: { thumb: "48x48", small: "120w" } };\n';
const REASONS: readonly DeadLetterReason[] = [
  "SourceCorrupt",
  "Throttled",
  "TimedOut",
  "StoreUnavailable",
  "Internal",
];
const MINUTE_MS = 60_000;
/** Between two visits of the other pages. */
const VISIT_MINUTES = 10;
/** The page keeps 360 samples of the queues, one every 2 s: until then it grows. */
const FILLED_MINUTES = 12;
/** Fresh loads of the page, for its first paint. */
const LOADS = 9;
/** https://aws.amazon.com/sqs/pricing/, USD for a request of the first tier */
const SQS_USD = 0.4 / 1e6;

type Options = { readonly minutes: number; readonly pictures: number; readonly letters: number };

/** What was measured in one minute. */
interface Minute {
  /** After a collection, bytes. */
  readonly heap: number;
  readonly nodes: number;
  /** Of the page to the console. */
  readonly requests: number;
  /** Of the console's commands to SQS. */
  readonly sqs: number;
  /** The console's process, bytes; 0 where there is no /proc. */
  readonly rss: number;
}

/** The page of the console, open while a fleet is at work: its memory, its requests and those to SQS. */
export const consoleBench = defineBench<Options>("console", async (options, context) => {
  const { minutes, pictures, letters } = options;
  const { say, signal } = context;
  await using opened = await open(options, context);
  const paints = await firstPaints(opened);
  say(
    `first paint ${median(paints).toFixed(0)} ms; ${minutes} minutes with ${pictures} pictures …`,
  );
  const failed = new AbortController();
  const any = AbortSignal.any([signal, failed.signal]);
  const uploading = upload(opened.fleet, opened.picture, options, any);
  await using _uploading = {
    [Symbol.asyncDispose]() {
      failed.abort();
      return uploading;
    },
  };
  const measured: Minute[] = [];
  for (let minute = 1; minute <= minutes && !signal.aborted; minute++) {
    const before = opened.counts();
    if (minute % VISIT_MINUTES === 5) await visit(opened.page);
    await delay(MINUTE_MS, undefined, { signal }).catch(() => undefined);
    const after = opened.counts();
    measured.push({
      ...(await memoryOf(opened.page)),
      requests: after.requests - before.requests,
      sqs: after.sqs - before.sqs,
      rss: opened.rss(),
    });
    const { heap, nodes, sqs } = measured.at(-1) ?? { heap: 0, nodes: 0, sqs: 0 };
    say(`minute ${minute}: ${mb(heap)}, ${nodes} nodes, ${sqs} requests to SQS`);
  }
  await uploading;
  await hide(opened.page);
  // The console's last look may still be under way, and it lingers for a reload.
  await delay(15_000);
  const still = opened.counts().sqs;
  await delay(MINUTE_MS, undefined, { signal }).catch(() => undefined);
  const hidden = opened.counts().sqs - still;

  const quiet = measured.filter(
    (_minute, at) => (at + 1) % VISIT_MINUTES !== 5 && (at >= FILLED_MINUTES || minutes < 30),
  );
  const quarters = [0, 1, 2, 3].map((quarter) =>
    quiet.slice((quiet.length * quarter) / 4, (quiet.length * (quarter + 1)) / 4),
  );
  const [first = [], , , last = []] = quarters;
  const ratio = (of: (minute: Minute) => number) => mean(last.map(of)) / mean(first.map(of));
  const anHour = mean(quiet.map(({ sqs }) => sqs)) * 60;
  return {
    title: `console: ${minutes} minutes with ${pictures} pictures and ${letters} dead letters`,
    notes: [`first paint of ${LOADS} loads: ${paints.map((ms) => ms.toFixed(0)).join(", ")} ms`],
    tables: () => [
      {
        columns: ["quarter", "heap", "nodes", "requests/min", "SQS/min", "console's memory"],
        rows: quarters.map((some, at) => [
          String(at + 1),
          mb(mean(some.map(({ heap }) => heap))),
          mean(some.map(({ nodes }) => nodes)).toFixed(0),
          mean(some.map(({ requests }) => requests)).toFixed(1),
          mean(some.map(({ sqs }) => sqs)).toFixed(1),
          mb(mean(some.map(({ rss }) => rss))),
        ]),
      },
    ],
    remarks: [
      `${anHour.toFixed(0)} requests to SQS an hour, as the local fleet is looked at: $${(anHour * SQS_USD).toFixed(4)} on AWS`,
      `a hidden page: ${hidden} requests to SQS in a minute`,
    ],
    bars: [
      { what: "first paint, median", is: median(paints), most: 200, unit: " ms" },
      { what: "heap, last quarter to first", is: ratio(({ heap }) => heap), most: 1.2 },
      { what: "nodes, last quarter to first", is: ratio(({ nodes }) => nodes), most: 1.2 },
      { what: "SQS, last quarter to first", is: ratio(({ sqs }) => sqs), most: 1.1 },
      { what: "requests to SQS of a hidden page", is: hidden, most: 0 },
    ],
    ratios: {},
    figures: {},
    setup: `${minutes} min, ${pictures} pictures, ${letters} dead letters`,
    result: { paints, measured, hidden },
  };
});

async function open({ letters }: Options, { say }: Context) {
  const cleanup = new AsyncDisposableStack();
  const folder = cleanup.use(await runFolder());
  const recipe = join(folder.path, "recipe.mjs");
  const picture = join(folder.path, "picture.jpg");
  await writeFile(recipe, RECIPE);
  const create = { width: 240, height: 180, channels: 3, background: "#478" } as const;
  await sharp({ create }).jpeg().toFile(picture);
  const fleet = await startFleet({
    dataDir: join(folder.path, "data"),
    port: 0,
    recipe: pathToFileURL(recipe),
  });
  cleanup.defer(() => fleet.stop());
  await putDeadLetters(fleet, letters);
  let sqs = 0;
  const proxy = await FaultProxy.start(fleet.endpoint, ({ service }) => {
    if (service === "sqs") sqs++;
    return undefined;
  });
  cleanup.use(proxy);
  say("the console …");
  const child = spawn(
    process.execPath,
    [CLI, "console", "--port=0", `--endpoint=${proxy.endpoint}`, `--data=${folder.path}/none`],
    {
      env: { ...asEnvironment(fleet.credentials), AWS_REGION: REGION },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  cleanup.defer(async () => {
    child.kill("SIGINT");
    await once(child, "close");
  });
  const browser = await chromium.launch({
    executablePath: execFileSync("which", ["chromium"], { encoding: "utf8" }).trim(),
    args: ["--no-sandbox"],
  });
  cleanup.defer(() => browser.close());
  const context = await browser.newContext();
  const page = await context.newPage();
  let requests = 0;
  page.on("request", () => {
    requests++;
  });
  await page.goto(await linkOf(child.stdout));
  await page.getByRole("heading", { level: 1 }).waitFor();
  return {
    fleet,
    picture,
    browser,
    page,
    counts: () => ({ requests, sqs }),
    rss: () => rssOf(child.pid ?? 0),
    state: () => context.storageState(),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

async function linkOf(stdout: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stdout })) {
    const link = /http\S+/.exec(line)?.[0];
    if (link !== undefined) return link;
  }
  throw new Error("the console printed no link");
}

async function putDeadLetters(fleet: Fleet, count: number): Promise<void> {
  const client = { region: REGION, endpoint: fleet.endpoint, credentials: fleet.credentials };
  using s3 = disposable(createS3(client));
  using sqs = disposable(createSqs(client));
  const { lanes } = await createResources(s3.it, sqs.it, { small: 40, large: 40 });
  const now = Date.now();
  const messages = Array.from({ length: count }, (_, n) => {
    const key = `cats/${n}.jpg`;
    const source = { bucket: fleet.sourceBucket, key };
    const body = jobMessage({ ...source, mayHaveRun: false, force: false });
    const received = { id: "", receiptHandle: "", body, attributes: {}, receiveCount: 5 };
    const reason = REASONS[n % REASONS.length] ?? "Internal";
    const at = now - (n % 7) * 3_600_000;
    const attributes = deadLetterAttributes(
      { reason, message: `attempt ${n} failed`, lane: "small", source, lastAttemptAt: at },
      { ...received, sentAt: at, firstReceivedAt: at - 60_000 },
    );
    return { body, attributes };
  });
  await new Queue(sqs.it, lanes.small.deadLetters).sendBatch(messages);
}

function disposable<T extends { destroy(): void }>(it: T): Disposable & { readonly it: T } {
  return { it, [Symbol.dispose]: () => it.destroy() };
}

/** Spread over the time, so that the fleet is at work all of it. */
async function upload(
  fleet: Fleet,
  picture: string,
  { minutes, pictures }: Options,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  for (let n = 0; n < pictures && !signal.aborted; n++) {
    const due = startedAt + (n / pictures) * minutes * MINUTE_MS;
    await delay(Math.max(0, due - performance.now()), undefined, { signal }).catch(() => undefined);
    await fleet.upload(`uploads/${n}.jpg`, picture);
  }
}

/** Goes to the other pages and back to the first. */
async function visit(page: Page): Promise<void> {
  const pages = page.getByRole("navigation", { name: "Pages" });
  const goTo = (name: string) => pages.getByRole("link", { name }).click();
  await goTo("Dead letters");
  await page.locator(".letter").first().waitFor();
  await page.locator(".letter a").first().click();
  await page.locator(".source, .problem").first().waitFor();
  await goTo("Fleet");
  await page.getByText("Versions").waitFor();
  await goTo("Now");
  await page.locator("h1.sentence").waitFor();
}

async function memoryOf(page: Page): Promise<Pick<Minute, "heap" | "nodes">> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const { nodes } = await session.send("Memory.getDOMCounters");
  await session.detach();
  return { heap: usedSize, nodes };
}

/** As a browser tells a page that another tab is in front of it. */
async function hide(page: Page): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, "hidden", { value: true });
    document.dispatchEvent(new Event("visibilitychange"));
  `);
}

interface Opened {
  readonly browser: Browser;
  readonly page: Page;
  state(): ReturnType<ReturnType<Page["context"]>["storageState"]>;
}

/** The first contentful paint of loads in new contexts with the session's cookie, ms. */
async function firstPaints({ browser, page, state }: Opened): Promise<number[]> {
  const paints: number[] = [];
  for (let load = 0; load < LOADS; load++) {
    const context = await browser.newContext({ storageState: await state() });
    const fresh = await context.newPage();
    await fresh.goto(new URL("/", page.url()).href);
    await fresh.getByRole("heading", { level: 1 }).waitFor();
    const ms: unknown = await fresh.evaluate(
      'performance.getEntriesByName("first-contentful-paint")[0].startTime',
    );
    paints.push(Number(ms));
    await context.close();
  }
  return paints;
}

function rssOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
