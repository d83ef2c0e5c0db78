import { setTimeout as delay } from "node:timers/promises";
import { Chance } from "../model/chance.ts";
import { type CallRecorder, unrecorded } from "../permissions/index.ts";
import {
  type CatalogViolation,
  catalogReport,
  checkCatalog,
  ItemReader,
  itemsOf,
  repeatedOf,
  Subscriber,
  versionsOf,
} from "./catalog/index.ts";
import { faultsOf } from "./faults.ts";
import { type Harness, leftIn, openHarness, visibleIn } from "./harness.ts";
import type { ChaosOptions } from "./options.ts";
import { type Report, reportOf, tally } from "./report.ts";
import {
  check,
  type DeadLetter,
  DeadLetters,
  ExpectedState,
  type FullSnapshot,
  isOwed,
  look,
} from "./snapshot/index.ts";
import { script, sourceOfManifest } from "./sources/index.ts";
import { CallKiller, EventForwarder, ProcessKiller, upload } from "./traffic/index.ts";
import { SourceTimeline, StoredTimeline, Viewers, viewersReport } from "./viewers/index.ts";

/** The most waiting messages, so that events of one key are processed concurrently. */
const BACKLOG = 120;
/** The most requests that uploads run ahead of, so that all requests meet sources that change. */
const MOST_BEHIND = 100;
const LOOK_MS = 50;
/** The first keys, some of which change all the time: their items are read, with those of the recent. */
const FIRST_KEYS = 20;
/** The keys of the last operations, which viewers mostly request. */
const RECENT_KEYS = 20;
/** Two leases, and a bit. */
const LONGEST_PAUSE_SECONDS = 14;
/** The longest wait after the last upload, for late events, the last kills and their retries. */
const QUIET_MS = 480_000;

export interface Progress {
  readonly doing: "starting" | "at work" | "waiting for quiet" | "checking" | "redriving";
  readonly jobs: number;
  readonly answers: number;
  readonly waiting: number;
  readonly kills: number;
}

/**
 * Runs jobs through the fleet with faults, waits until no message is left, and compares the stored state
 * with the uploads; then redrives the owed dead letters and compares again.
 *
 * @throws the signal's reason when it is aborted; Error when the harness itself fails
 */
export async function chaos(
  options: ChaosOptions,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void = () => {},
): Promise<Report> {
  onProgress({ doing: "starting", jobs: 0, answers: 0, waiting: 0, kills: 0 });
  const harness = await openHarness(options.workers);
  try {
    return await runOn(harness, options, signal, onProgress);
  } finally {
    await harness.close();
  }
}

async function runOn(
  harness: Harness,
  options: ChaosOptions,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Report> {
  const { fleet, proxy, s3, sqs, catalog } = harness;
  const { sourceBucket, renditionBucket } = fleet;
  const { seed } = options;
  const expected = new ExpectedState();
  const outcomes: string[] = [];
  const receives: string[] = [];
  fleet.onJob(({ outcome, receiveCount }) => {
    outcomes.push(outcome);
    if (outcome !== "failed") receives.push(String(receiveCount));
  });
  const startedAt = performance.now();
  const ends = AbortSignal.any([signal, AbortSignal.timeout(options.minutes * 60_000)]);
  const calm = () => AbortSignal.any([signal, AbortSignal.timeout(QUIET_MS)]);
  let jobs = 0;
  const sources = new SourceTimeline(RECENT_KEYS);
  const stored = new StoredTimeline(renditionBucket);
  const viewers = new Viewers({
    url: fleet.edge.url,
    chance: new Chance(seed + 3),
    sources,
    requests: options.requests,
    due: () => (options.requests * (jobs + 1)) / options.jobs,
    signal: ends,
  });
  const deliverKiller = new CallKiller({
    processes: () => fleet.processes().deliver,
    // The rendition is stored, and the source has not been looked at again.
    after: ({ operation, path }, signer) =>
      signer === "deliver" && operation === "PutObject" && path.startsWith(`/${renditionBucket}/`),
    chance: new Chance(seed + 4),
    share: options.deliverKills,
  });
  const catalogKiller = new CallKiller({
    processes: () => fleet.processes().catalog,
    // The notification is published, and the item is not written.
    after: ({ service, operation }, signer) =>
      signer === "catalog" && service === "sns" && operation === "Publish",
    chance: new Chance(seed + 5),
    share: options.catalogKills,
  });
  const killers = [deliverKiller, catalogKiller];

  proxy.decide = faultsOf(options);
  proxy.follow = async (...sent) => {
    const followers = [stored, ...killers];
    const ended = await Promise.all(followers.map((each) => each.follow(...sent)));
    return (status) => {
      for (const each of ended) each?.(status);
    };
  };
  const processKiller = new ProcessKiller({
    fleet,
    chance: new Chance(seed + 1),
    kills: options.kills,
    pauses: options.pauses,
    longestPause: LONGEST_PAUSE_SECONDS,
  });
  const forwarding = { sqs, duplicates: options.duplicates, muchLaterSeconds: options.muchLater };
  const forwarder = new EventForwarder({
    ...forwarding,
    from: harness.intake,
    to: harness.lanes.small.url,
    chance: new Chance(seed + 2),
    onNonsense: (body) => expected.nonsense.push(body),
  });
  const ofManifests = new EventForwarder({
    ...forwarding,
    from: harness.manifests,
    to: catalog.queue.url,
    chance: new Chance(seed + 6),
  });
  const reader = new ItemReader(harness.dynamo, catalog.table, () => [
    ...sources.recent,
    ...sources.keys.slice(0, FIRST_KEYS),
  ]);
  const gauge = watch(harness, (waiting) => {
    const { functions, workers } = processKiller.counts;
    const kills = functions + workers + deliverKiller.kills + catalogKiller.kills;
    const doing = jobs < options.jobs ? "at work" : "waiting for quiet";
    onProgress({ doing, jobs, answers: viewers.answers.length, waiting, kills });
  });
  let quiet = true;
  try {
    const viewing = viewers.run();
    viewing.catch(() => {});
    await upload({
      s3,
      bucket: sourceBucket,
      operations: script(options.jobs, new Chance(seed)),
      expected,
      mayGoOn: () => gauge.waiting() < BACKLOG && viewers.behind < MOST_BEHIND,
      onChange: (operation) => {
        const onDone = sources.onChange(operation);
        return (etag) => {
          onDone(etag);
          jobs += 1;
        };
      },
      signal: ends,
    });
    await viewing;
    while (!signal.aborted && (await visibleIn(sqs, harness.intake)) > 0) await delay(LOOK_MS);
    await forwarder.stop();
    quiet = await settled(idle(harness, calm()), signal);
  } finally {
    await forwarder.stop();
    await reader.stop();
    await gauge.stop();
    await processKiller.stop();
    proxy.decide = () => undefined;
  }
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  const measured = {
    seed,
    jobs,
    sources: expected.sources().size,
    seconds,
    quiet,
    messages: forwarder.sent,
    calls: proxy.calls,
    injected: proxy.injected(),
    kills: { ...processKiller.counts, deliver: deliverKiller.kills, catalog: catalogKiller.kills },
    outcomes: tally(outcomes),
    receives: tally(receives),
    viewers: viewersReport(viewers, { sources, stored }),
  };
  onProgress({ doing: "checking", jobs, answers: viewers.answers.length, waiting: 0, kills: 0 });
  const deadLetters = new DeadLetters(sqs, harness.lanes);
  const ofCatalog = new DeadLetters(sqs, {
    catalog: { url: catalog.queue.url, deadLetters: catalog.queue.deadLetters },
  });
  const subscriber = new Subscriber(sqs, catalog.events);
  const checkItems = (snapshot: FullSnapshot) => itemFaults(harness, subscriber, snapshot);
  const snapshot = await look({ s3, sourceBucket, renditionBucket, deadLetters });
  const before = check(expected, snapshot);
  const owed = new Set((await ofCatalog.read()).flatMap(sourcesOf));
  const faults = await checkItems(snapshot);
  const itemsBefore = [...faults.filter(({ key }) => !owed.has(key)), ...reader.seen.violations];
  signal.throwIfAborted();

  onProgress({ doing: "redriving", jobs, answers: viewers.answers.length, waiting: 0, kills: 0 });
  const redriven = await deadLetters.redrive();
  const itemsRedriven = await ofCatalog.redrive();
  const quietAgain = await settled(idle(harness, calm()), signal);
  await ofManifests.stop();
  const last = await look({ s3, sourceBucket, renditionBucket, deadLetters });
  const after = check(expected, last);
  const itemsAfter = await checkItems(last);
  const { published } = subscriber;
  const { events, duplicates, late } = ofManifests.sent;
  const catalogMeasured = {
    items: (await itemsOf(harness.dynamo, catalog.table)).length,
    reads: reader.reads,
    notifications: published.length,
    repeated: repeatedOf(published),
    owed: owed.size,
    events,
    duplicates,
    late,
  };
  return reportOf(
    {
      ...measured,
      quiet: quiet && quietAgain,
      deadLetters: tally(snapshot.deadLetters.map(({ reason = "Crashed" }) => reason)),
      forbidden: forbidden(harness.recorder),
      catalog: catalogReport(catalogMeasured, itemsBefore, {
        violations: itemsAfter,
        redriven: itemsRedriven,
      }),
    },
    before,
    { ...after, redriven },
  );
}

/** Resolves when no message is left, neither of the fleet nor of the forwarded events of manifests. */
async function idle({ fleet, sqs, manifests }: Harness, signal: AbortSignal): Promise<void> {
  await fleet.idle(signal);
  // Without jobs, no manifest is written any more.
  while ((await leftIn(sqs, manifests)) > 0) {
    signal.throwIfAborted();
    await delay(LOOK_MS);
  }
  await fleet.idle(signal);
}

/** What is wrong with the items and the notifications. */
async function itemFaults(
  { dynamo, catalog }: Harness,
  subscriber: Subscriber,
  { versions, sources, deadLetters }: FullSnapshot,
): Promise<CatalogViolation[]> {
  const keysOf = (letters: readonly DeadLetter[]) => new Set(letters.flatMap(({ keys }) => keys));
  return checkCatalog({
    versions: versionsOf(versions),
    items: await itemsOf(dynamo, catalog.table),
    published: await subscriber.read(),
    sources,
    failed: keysOf(deadLetters.filter((each) => isOwed(each) && each.reason !== undefined)),
    crashed: keysOf(deadLetters.filter(({ reason }) => reason === undefined)),
  });
}

/** The sources of a dead letter of the catalog: an event has the keys of manifests, and a notice its own. */
function sourcesOf({ keys }: DeadLetter): string[] {
  return keys.map((key) => sourceOfManifest(key) ?? key);
}

/** The programs' calls that no recorded policy allows. */
function forbidden(recorder: CallRecorder): string[] {
  const roles = ["function", "deliver", "worker", "catalog"] as const;
  const grants = roles.flatMap((role) =>
    unrecorded(role, recorder.needed(role)).map((grant) => `the ${role}: ${grant}`),
  );
  return [...grants, ...recorder.unknown];
}

/** Whether the wait ended before its timeout. @throws when `signal` ended it */
async function settled(work: Promise<void>, signal: AbortSignal): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DOMException && error.name === "TimeoutError") return false;
    throw error;
  }
}

/** Polls the number of waiting messages. */
function watch({ sqs, intake, lanes }: Harness, onLook: (waiting: number) => void) {
  let waiting = 0;
  let stopping = false;
  const run = async () => {
    while (!stopping) {
      const counts = [intake, lanes.small.url, lanes.large.url].map((url) => visibleIn(sqs, url));
      waiting = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
      onLook(waiting);
      await delay(LOOK_MS);
    }
  };
  const running = run();
  running.catch(() => {});
  return {
    waiting: () => waiting,
    async stop() {
      stopping = true;
      await running;
    },
  };
}
