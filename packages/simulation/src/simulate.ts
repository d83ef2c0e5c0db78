import { Chance } from "./chance.ts";
import { CONSTANTS, value } from "./constants.ts";
import type { Deployment } from "./deployment.ts";
import { Fleet, type Job } from "./fleet.ts";
import { Account } from "./function.ts";
import { Histogram } from "./histogram.ts";

/** What an image takes, measured on a sample: each image of the simulation is like one of these. */
export interface Work {
  readonly lane: "small" | "large";
  /** CPU time of decode and encode, s. */
  readonly cpuSeconds: number;
  readonly renditions: number;
}

/** Large images among the others. */
export interface LargeShare {
  /** 0 to 1 */
  readonly share: number;
  readonly work: Work;
}

/** Images that come in the course of time. */
export interface Load {
  /**
   * For how long there are uploads, s; Infinity: until the reprocess has ended. What has come by then is
   * simulated to its end.
   */
  readonly seconds: number;
  /** Uploads a second at a time, s from the beginning. */
  readonly rate: (at: number) => number;
  /** The highest value of `rate`. */
  readonly most: number;
  /** Uploads at once, at the beginning. */
  readonly burst: number;
  /** Renditions a second that are made on request, meanwhile. */
  readonly requests?: number;
  /** Images of a reprocess, which enqueues as many as keep the fleet busy. */
  readonly backfill: number;
}

export interface SimulationOptions {
  readonly deployment: Deployment;
  readonly load: Load;
  readonly work: readonly [Work, ...Work[]];
  readonly large?: LargeShare | undefined;
  readonly seed: number;
  /** Functions at once that the account permits. */
  readonly accountConcurrency?: number;
  /** Times S3's assumed event delay: 0 without, 2 for twice as long. */
  readonly eventDelay?: number;
  /** Called with the share that is done, now and then, and awaited. */
  readonly onProgress?: (share: number) => Promise<void> | void;
}

/** Seconds from an upload until its renditions are there. */
export interface Waits {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly longest: number;
}

/** The fleet at a time. */
export interface Moment {
  /** s from the beginning */
  readonly at: number;
  /** Functions, tasks, and messages of both lanes. */
  readonly functions: number;
  readonly tasks: number;
  readonly waiting: number;
  readonly waitingLarge: number;
  /** Images done a second since the moment before. */
  readonly rate: number;
}

export interface SimulationResult {
  readonly small: Waits;
  readonly large: Waits;
  /** Of renditions made on request: from the request to the answer. */
  readonly requested: Waits;
  /** Requests that were throttled: viewers get an error. */
  readonly refused: number;
  /** Of a reprocess: its images' waits do not matter. */
  readonly backfilled: number;
  /** When the last image was done, s. */
  readonly seconds: number;
  readonly mostFunctions: number;
  readonly mostTasks: number;
  readonly mostWaiting: number;
  /** Messages a batch. */
  readonly batchFill: number;
  readonly invocations: number;
  readonly coldStarts: number;
  readonly throttles: number;
  /** Billed time, s. */
  readonly functionSeconds: number;
  readonly requestSeconds: number;
  readonly onDemandSeconds: number;
  readonly spotSeconds: number;
  /** Of pollers in provisioned mode, s. */
  readonly pollerSeconds: number;
  /** Requests a second in the busiest ten: of the source bucket's reads, and writes of one rendition. */
  readonly mostReads: number;
  readonly mostWrites: number;
  /** The alarms that tell somebody, with the first time each does, s. */
  readonly alarms: readonly { readonly name: string; readonly at: number }[];
  /** The share of the time in which images waited for a function. */
  readonly backlogged: number;
  /** Shares of that time in which each limit was reached. */
  readonly limits: Readonly<Record<Limit, number>>;
  readonly moments: readonly Moment[];
}

/** What keeps a fleet from doing more at once. */
export type Limit = "functionConcurrency" | "ramp" | "account" | "workerTasks";

/** Requests of S3 for each source: a HEAD and two GETs, as `npm run bench -- price` counts them. */
const READS = 3;
/** Moments that are kept at least, and the time of each at first, s. */
const MOMENTS = 240;
const FIRST_STEP = 1;
/** s in which a job waits for S3, besides its CPU time. `imagefleet estimate` assumes the same. */
export const WAIT_SECONDS = { small: 0.05, large: 2 } as const;
/** CPU time of a decode at reduced size, s: the profile in docs/adr/035-encoder-defaults.md has 24 ms. */
const DECODE_SECONDS = 0.03;
/** s between two looks of a reprocess at the queue. */
const FEED_SECONDS = 0.2;

/** A deployment with a load, in AWS's time. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { deployment, load, work, large: many, seed, eventDelay = 1, onProgress } = options;
  const waits = { small: new Histogram(), large: new Histogram(), requested: new Histogram() };
  const arrivals = new Chance(seed, "arrivals");
  const works = new Chance(seed, "work");
  const account = new Account(options.accountConcurrency ?? value("accountConcurrency"));
  const alarms = new Map<string, number>();
  const backfill = new Set<Job>();
  const limits = { functionConcurrency: 0, ramp: 0, account: 0, workerTasks: 0 };
  const moments: Moment[] = [];
  let [left, done, sent, last, backlogged, pollerSeconds, lookedAt] = [0, 0, 0, 0, 0, 0, 0];
  /** Images done in each ten seconds. */
  const doneIn: number[] = [];
  let [mostFunctions, mostTasks, mostWaiting, doneAtMoment, looks] = [0, 0, 0, 0, 0];
  const fleet: Fleet = new Fleet(deployment, {
    seed,
    account,
    waitSeconds: WAIT_SECONDS,
    eventDelay:
      eventDelay === 0
        ? undefined
        : {
            p50: CONSTANTS.s3EventP50.value * eventDelay,
            p95: CONSTANTS.s3EventP95.value * eventDelay,
          },
    onPage: (name, state) => {
      if (state !== "OK" && !alarms.has(name)) alarms.set(name, fleet.clock.now);
    },
    onDone: (job, now) => {
      done += 1;
      const at = Math.floor(now / 10);
      while (doneIn.length <= at) doneIn.push(0);
      doneIn[at] = (doneIn[at] ?? 0) + 1;
      last = Math.max(last, now);
      if (!backfill.delete(job)) waits[job.lane].add(now - job.at);
    },
  });
  const { clock, service } = fleet;
  const mapping = fleet.mappings["Consume"];
  const consume = fleet.function("Consume");
  const { small, large } = { small: fleet.queue("Small"), large: fleet.queue("Large") };
  const jobOf = (): Omit<Job, "at"> => {
    const isLarge = many !== undefined && works.is(many.share);
    const { lane, cpuSeconds } = isLarge ? many.work : works.pick(work);
    return { lane, cpuSeconds, fate: "rendered" };
  };
  const upload = (): void => {
    sent += 1;
    fleet.upload(jobOf());
  };

  /** What limits now. */
  function look(): void {
    looks += 1;
    if (mapping?.options.pollers) {
      pollerSeconds += (mapping.pollers / value("provisionedBatches")) * (clock.now - lookedAt);
    }
    lookedAt = clock.now;
    mostTasks = Math.max(mostTasks, service.running);
    if (large.visible > 0 && service.running >= deployment.service.maxTasks)
      limits.workerTasks += 1;
    if (small.visible === 0 || mapping === undefined) return;
    backlogged += 1;
    if (account.isFull) limits.account += 1;
    else if (mapping.isAtMost) limits.functionConcurrency += 1;
    else limits.ramp += 1;
  }

  const isEndless = load.seconds === Number.POSITIVE_INFINITY;
  // Thinned out of a process of the highest rate: https://en.wikipedia.org/wiki/Poisson_point_process
  const next = (): void => {
    if (load.most <= 0) return;
    clock.after(arrivals.exponential(1 / load.most), () => {
      if (isEndless ? left === 0 && backfill.size === 0 : clock.now > load.seconds) return;
      if (arrivals.uniform() * load.most <= load.rate(clock.now)) upload();
      next();
    });
  };
  next();
  const { requests = 0 } = load;
  let refused = 0;
  const viewers = new Chance(seed, "viewers");
  const request = (): void => {
    if (requests <= 0) return;
    clock.after(viewers.exponential(1 / requests), () => {
      if (isEndless ? left === 0 && backfill.size === 0 : clock.now > load.seconds) return;
      const { cpuSeconds, renditions } = viewers.pick(work);
      // One of them alone: the decode and its share of the rest.
      fleet.request(cpuSeconds / Math.max(1, renditions) + DECODE_SECONDS, (seconds) => {
        if (seconds === undefined) refused += 1;
        else waits.requested.add(seconds);
      });
      request();
    });
  };
  request();
  for (let each = 0; each < load.burst; each++) upload();
  left = load.backfill;
  const batch = mapping?.options.batchSize ?? 1;
  const feed = (): void => {
    // As AutoDepth of packages/cli/src/feed: about what keeps all pollers busy.
    const most = Math.max(1, Math.floor(mapping?.pollers ?? 1)) * batch * 1.05 + batch;
    const room = Math.min(left, Math.floor(most) - small.visible - small.inFlight);
    for (let each = 0; each < room; each++) {
      const job = { ...jobOf(), at: clock.now };
      backfill.add(job);
      sent += 1;
      small.send(job);
    }
    left -= Math.max(0, room);
    if (left > 0) clock.after(FEED_SECONDS, feed);
  };
  if (left > 0) feed();

  const total = load.burst + load.backfill + expected(load);
  const isOver = () =>
    clock.now >= (isEndless ? 1 : load.seconds) &&
    left === 0 &&
    backfill.size === 0 &&
    done >= sent;
  let step = FIRST_STEP;
  while (!isOver() && clock.now < (isEndless ? 0 : load.seconds) + LONGEST) {
    const before = clock.now;
    let most = 0;
    let [waiting, waitingLarge] = [0, 0];
    // Ten looks a moment, so that short peaks are seen.
    for (let part = 1; part <= 10; part++) {
      clock.run(before + (part * step) / 10);
      look();
      most = Math.max(most, consume.running);
      waiting = Math.max(waiting, small.visible);
      waitingLarge = Math.max(waitingLarge, large.visible);
    }
    mostFunctions = Math.max(mostFunctions, most);
    mostWaiting = Math.max(mostWaiting, waiting);
    moments.push({
      at: clock.now,
      functions: most,
      tasks: service.running,
      waiting,
      waitingLarge,
      rate: (done - doneAtMoment) / step,
    });
    doneAtMoment = done;
    if (moments.length >= 2 * MOMENTS) {
      halve(moments);
      step *= 2;
    }
    await onProgress?.(Math.min(1, done / total));
  }
  // Tasks stop when their lane has been empty for a while, and cost until then.
  for (let minute = 0; minute < 60 && service.running + service.starting > 0; minute++) {
    clock.run(clock.now + 60);
  }
  const mostDone = doneIn.reduce((most, each) => Math.max(most, each), 0) / 10;
  const share = (count: number) => (backlogged === 0 ? 0 : count / backlogged);
  return {
    small: waitsOf(waits.small),
    large: waitsOf(waits.large),
    requested: waitsOf(waits.requested),
    refused,
    backfilled: load.backfill,
    seconds: last,
    mostFunctions,
    mostTasks,
    mostWaiting,
    batchFill: mapping === undefined ? 0 : mapping.messages / Math.max(1, mapping.batches),
    invocations: consume.invocations,
    coldStarts: consume.coldStarts,
    throttles: consume.throttles,
    functionSeconds: consume.billed,
    requestSeconds: fleet.functions["Deliver"]?.billed ?? 0,
    onDemandSeconds: service.onDemandSeconds,
    spotSeconds: service.spotSeconds,
    pollerSeconds,
    mostReads: READS * mostDone,
    mostWrites: mostDone,
    alarms: Array.from(alarms, ([name, at]) => ({ name, at })),
    backlogged: backlogged / Math.max(1, looks),
    limits: {
      functionConcurrency: share(limits.functionConcurrency),
      ramp: share(limits.ramp),
      account: share(limits.account),
      workerTasks: limits.workerTasks / Math.max(1, looks),
    },
    moments,
  };
}

/** Makes one moment of each two. */
function halve(moments: Moment[]): void {
  const pairs = moments.length / 2;
  for (let at = 0; at < pairs; at++) {
    const [one, other] = moments.slice(2 * at, 2 * at + 2);
    if (one === undefined || other === undefined) break;
    moments[at] = {
      at: other.at,
      functions: Math.max(one.functions, other.functions),
      tasks: Math.max(one.tasks, other.tasks),
      waiting: Math.max(one.waiting, other.waiting),
      waitingLarge: Math.max(one.waitingLarge, other.waitingLarge),
      rate: (one.rate + other.rate) / 2,
    };
  }
  moments.length = pairs;
}

/** A load that does not end within a month is not simulated to its end. */
const LONGEST = 30 * 24 * 3600;

/** How many uploads a load has, about. */
function expected({ seconds, rate }: Load): number {
  if (seconds === Number.POSITIVE_INFINITY) return 0;
  const parts = 1000;
  let sum = 0;
  for (let part = 0; part < parts; part++) sum += rate(((part + 0.5) * seconds) / parts);
  return (sum * seconds) / parts;
}

function waitsOf(waits: Histogram): Waits {
  return {
    count: waits.count,
    mean: waits.mean,
    p50: waits.percentile(0.5),
    p95: waits.percentile(0.95),
    p99: waits.percentile(0.99),
    longest: waits.max,
  };
}

/**
 * Uploads of a day whose busiest moment has `peak` times the mean: a bell over 24 hours.
 *
 * @param mean uploads a second
 * @param peak at least 1
 *
 * @example
 * dailyRate(1_000_000 / 86_400, 3)(12 * 3600); // 34.7 a second at noon
 */
export function dailyRate(mean: number, peak: number): (at: number) => number {
  const day = 24 * 3600;
  const steps = 24 * 60;
  /** The mean of exp(k cos x) over a day, of which exp(k) is the maximum. */
  const meanOf = (k: number) => {
    let sum = 0;
    for (let step = 0; step < steps; step++)
      sum += Math.exp(k * Math.cos((2 * Math.PI * step) / steps));
    return sum / steps;
  };
  let [low, high] = [0, 100];
  for (let each = 0; each < 60; each++) {
    const k = (low + high) / 2;
    if (Math.exp(k) / meanOf(k) < peak) low = k;
    else high = k;
  }
  const scale = mean / meanOf(low);
  return (at) => scale * Math.exp(-low * Math.cos((2 * Math.PI * at) / day));
}
