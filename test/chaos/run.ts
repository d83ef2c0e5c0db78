import { setTimeout as delay } from "node:timers/promises";
import { Chance } from "../model/chance.ts";
import { type CallRecorder, unrecorded } from "../permissions/index.ts";
import { faultsOf } from "./faults.ts";
import { type Harness, openHarness, visibleIn } from "./harness.ts";
import type { ChaosOptions } from "./options.ts";
import { type Report, reportOf, tally } from "./report.ts";
import { check, DeadLetters, ExpectedState, look } from "./snapshot/index.ts";
import { script } from "./sources/index.ts";
import { DeliverKiller, EventForwarder, ProcessKiller, upload } from "./traffic/index.ts";
import { SourceTimeline, StoredTimeline, Viewers, viewersReport } from "./viewers/index.ts";

/** The most waiting messages, so that events of one key are processed concurrently. */
const BACKLOG = 120;
/** The most requests that uploads run ahead of, so that all requests meet sources that change. */
const MOST_BEHIND = 100;
const LOOK_MS = 50;
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
  const { fleet, proxy, s3, sqs } = harness;
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
  const deliverKiller = new DeliverKiller({
    fleet,
    chance: new Chance(seed + 4),
    share: options.deliverKills,
  });

  proxy.decide = faultsOf(options);
  proxy.follow = async (...sent) => {
    const ended = [await stored.follow(...sent), await deliverKiller.follow(...sent)];
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
  const forwarder = new EventForwarder({
    sqs,
    from: harness.intake,
    to: harness.lanes.small.url,
    chance: new Chance(seed + 2),
    duplicates: options.duplicates,
    muchLaterSeconds: options.muchLater,
    onNonsense: (body) => expected.nonsense.push(body),
  });
  const gauge = watch(harness, (waiting) => {
    const { functions, workers } = processKiller.counts;
    const kills = functions + workers + deliverKiller.kills;
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
    quiet = await settled(fleet.idle(calm()), signal);
  } finally {
    await forwarder.stop();
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
    kills: { ...processKiller.counts, deliver: deliverKiller.kills },
    outcomes: tally(outcomes),
    receives: tally(receives),
    viewers: viewersReport(viewers, { sources, stored }),
  };
  onProgress({ doing: "checking", jobs, answers: viewers.answers.length, waiting: 0, kills: 0 });
  const deadLetters = new DeadLetters(sqs, harness.lanes);
  const snapshot = await look({ s3, sourceBucket, renditionBucket, deadLetters });
  const before = check(expected, snapshot);
  signal.throwIfAborted();

  onProgress({ doing: "redriving", jobs, answers: viewers.answers.length, waiting: 0, kills: 0 });
  const redriven = await deadLetters.redrive();
  const quietAgain = await settled(fleet.idle(calm()), signal);
  const after = check(expected, await look({ s3, sourceBucket, renditionBucket, deadLetters }));
  return reportOf(
    {
      ...measured,
      quiet: quiet && quietAgain,
      deadLetters: tally(snapshot.deadLetters.map(({ reason = "Crashed" }) => reason)),
      forbidden: forbidden(harness.recorder),
    },
    before,
    { ...after, redriven },
  );
}

/** The programs' calls that no recorded policy allows. */
function forbidden(recorder: CallRecorder): string[] {
  const roles = ["function", "deliver", "worker"] as const;
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
