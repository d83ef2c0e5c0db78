import { Alarm, type AlarmState } from "./alarm.ts";
import { Chance } from "./chance.ts";
import { Clock } from "./clock.ts";
import { value } from "./constants.ts";
import type { Deployment } from "./deployment.ts";
import { Account, type FunctionMinute, LambdaFunction } from "./function.ts";
import { type BatchRun, Mapping } from "./mapping.ts";
import { type Datum, type Lateness, Metrics, metricId, single } from "./metrics.ts";
import { type Message, Queue, type QueueMinute } from "./queue.ts";
import { type PolicyOptions, Service, type ServiceEvent, type Work } from "./service.ts";

/** An image that somebody uploaded, or a key that somebody enqueued. */
export interface Job {
  /** When, s. */
  readonly at: number;
  /** Which lane does the work: the small one gets all, and forwards those of the large one. */
  readonly lane: "small" | "large";
  /** CPU time of decode and encode, s. */
  readonly cpuSeconds: number;
  /** A rejected job becomes a dead letter; one that crashes takes its program with it, on every receive. */
  readonly fate: "rendered" | "rejected" | "crashes" | "checked";
}

/** What the parts of AWS that are not modeled report in a minute. Each is 0 or absent when all is well. */
interface Signals {
  readonly edge: { requests: number; errorPercent: number };
  readonly deliver: { requests: number; errors: number; throttles: number };
  readonly api: { requests: number; errors: number };
  readonly table: { throttles: number; errors: number };
  readonly topic: { failed: number };
}

/** What is broken now. */
interface Faults {
  /** Functions of which each invocation fails. */
  readonly functions: Set<string>;
  /** Functions that return each message as failed. */
  readonly refusing: Set<string>;
  /** The share of batches that fail. */
  failing: number;
  /** Times the usual CPU time. */
  slowness: number;
}

export interface FleetOptions {
  readonly seed: number;
  readonly lateness?: Lateness;
  /** Does SQS report counts that are 0? */
  readonly reportsZeros?: boolean;
  readonly account?: Account;
  /** s from an upload until its event is in the queue; undefined: at once */
  readonly eventDelay?: { readonly p50: number; readonly p95: number } | undefined;
  /** s in which a job waits for S3 */
  readonly waitSeconds?: { readonly small: number; readonly large: number };
  readonly onDone?: (job: Job, now: number) => void;
  readonly onPage?: (name: string, state: AlarmState | "EVENT") => void;
  /** After a minute's metrics are there, and before its alarms are evaluated. */
  readonly onMinute?: (minute: number) => void;
}

/** s in which a rendition on request waits for S3 and SQS: as `imagefleet estimate` assumes. */
const REQUEST_WAIT_SECONDS = 0.1;
/** vCPUs of a function of one MiB: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const VCPUS_PER_MB = 1 / 1769;
/** vCPUs that a job has in a task. */
const TASK_VCPUS = 2;
/** Renders of a batch that the function runs at once: `slots` of packages/lambda/src/consume/compose.ts. */
const JOBS_TOGETHER = 2;
/** s of a batch of the catalog's and the invalidations' function. */
const BATCH_SECONDS: Readonly<Record<string, number>> = { Projector: 0.15, Invalidate: 1 };
const MINUTE = value("metricPeriod");
const QUEUE_METRICS: Readonly<Record<string, (minute: QueueMinute) => number | undefined>> = {
  ApproximateNumberOfMessagesVisible: ({ visible }) => visible,
  ApproximateNumberOfMessagesNotVisible: ({ inFlight }) => inFlight,
  ApproximateAgeOfOldestMessage: ({ age }) => age ?? 0,
  NumberOfMessagesSent: ({ sent }) => sent,
};
/** Metrics of SQS that may be missing where they are 0. */
const MAY_BE_MISSING = new Set(["ApproximateNumberOfMessagesNotVisible", "NumberOfMessagesSent"]);

type AlarmMetric = Deployment["alarms"][number]["metrics"][number];

/** A deployed fleet in AWS's time. */
export class Fleet {
  readonly clock = new Clock();
  readonly queues: Readonly<Record<string, Queue<Job>>>;
  readonly functions: Readonly<Record<string, LambdaFunction>>;
  readonly mappings: Readonly<Record<string, Mapping<Job>>>;
  readonly service: Service<Job>;
  readonly alarms: readonly Alarm[];
  readonly account: Account;
  readonly signals: Signals = {
    edge: { requests: 0, errorPercent: 0 },
    deliver: { requests: 0, errors: 0, throttles: 0 },
    api: { requests: 0, errors: 0 },
    table: { throttles: 0, errors: 0 },
    topic: { failed: 0 },
  };
  readonly faults: Faults = { functions: new Set(), refusing: new Set(), failing: 0, slowness: 1 };
  /** Of the last minute. */
  readonly functionMinutes: Record<string, FunctionMinute> = {};
  readonly metrics: Metrics;
  readonly #options: FleetOptions;
  readonly #deployment: Deployment;
  readonly #events: Chance;
  /** Since the last minute. */
  #requested = { requests: 0, throttles: 0 };
  readonly #queueMinutes: Record<string, QueueMinute | undefined> = {};
  readonly #reports: readonly {
    readonly id: string;
    readonly source: string;
    readonly read: () => Datum | undefined;
  }[];

  constructor(deployment: Deployment, options: FleetOptions) {
    const {
      seed,
      lateness = { least: value("metricLate"), most: value("metricLate"), missing: 0 },
    } = options;
    this.#options = options;
    this.#deployment = deployment;
    this.#events = new Chance(seed, "events");
    this.account = options.account ?? new Account(value("accountConcurrency"));
    this.metrics = new Metrics(new Chance(seed, "metrics"), lateness);
    this.queues = this.#makeQueues();
    this.functions = Object.fromEntries(
      Object.entries(deployment.functions).map(([name, each]) => [
        name,
        new LambdaFunction(this.clock, each, this.account),
      ]),
    );
    this.mappings = Object.fromEntries(
      Object.entries(deployment.mappings).map(([name, mapping]) => [
        name,
        new Mapping(
          { clock: this.clock, chance: new Chance(seed, `pollers ${name}`) },
          mapping,
          this.queue(mapping.queue),
          this.function(name),
          name === "Consume" ? (batch) => this.#consume(batch) : () => this.#handle(name),
        ),
      ]),
    );
    this.service = new Service(deployment.service, {
      clock: this.clock,
      chance: new Chance(seed, "tasks"),
      queue: this.queue("Large"),
      work: (message) => this.#work(message),
      event: (event) => this.#tell(event),
    });
    this.alarms = deployment.alarms.map((each) => new Alarm(each, this.metrics));
    const reported = new Map<string, AlarmMetric>();
    for (const metric of deployment.alarms.flatMap(({ metrics }) => metrics)) {
      reported.set(metricId(metric.namespace, metric.name, metric.dimensions), metric);
    }
    this.#reports = Array.from(reported, ([id, metric]) => ({
      id,
      source: Object.values(metric.dimensions).join(" "),
      read: this.#reporter(metric),
    }));
    const offsets = new Chance(seed, "alarms");
    for (const alarm of this.alarms) {
      const offset = offsets.between(1, MINUTE);
      const policies = deployment.policies.filter(({ name }) =>
        alarm.options.actions.includes(name),
      );
      this.clock.after(MINUTE + offset, () =>
        this.clock.every(value("evaluation"), () => this.#evaluate(alarm, policies)),
      );
    }
    this.clock.after(MINUTE, () => this.clock.every(MINUTE, () => this.#minute()));
  }

  /** By infra's name, as "Large" and "LargeDlq". */
  queue(name: string): Queue<Job> {
    const found = this.queues[name];
    if (found === undefined) throw new Error(`the fleet has no queue ${name}`);
    return found;
  }

  /** By infra's name, as "Consume". */
  function(name: string): LambdaFunction {
    const found = this.functions[name];
    if (found === undefined) throw new Error(`the fleet has no function ${name}`);
    return found;
  }

  #makeQueues(): Record<string, Queue<Job>> {
    const made: Record<string, Queue<Job>> = {};
    const entries = Object.entries(this.#deployment.queues);
    // Dead-letter queues first, which the others refer to.
    for (const [name, options] of entries.sort(
      ([, a], [, b]) => Number(a.redrive !== undefined) - Number(b.redrive !== undefined),
    )) {
      made[name] = new Queue(this.clock, options, made[options.redrive?.to ?? ""]);
      // Within the quarter of an hour that the schedule may take.
      const offset = this.#events.between(0, 900);
      if (options.isAwake) {
        this.clock.after(offset, () => this.clock.every(3600, () => made[name]?.touch()));
      }
    }
    return made;
  }

  /** An upload: its event is in the small lane after a while. */
  upload(job: Omit<Job, "at">): void {
    const whole = { ...job, at: this.clock.now };
    const { eventDelay } = this.#options;
    const small = this.queue("Small");
    if (eventDelay === undefined) small.send(whole);
    else {
      this.clock.after(this.#events.lognormal(eventDelay.p50, eventDelay.p95), () =>
        small.send(whole),
      );
    }
  }

  /**
   * A viewer requests a rendition that is not there: a function makes it, and a message has it checked.
   *
   * @param cpuSeconds of one rendition, s
   * @param done with the seconds that it took; undefined: the function was throttled
   */
  request(cpuSeconds: number, done: (seconds: number | undefined) => void): void {
    const { now } = this.clock;
    this.#requested.requests += 1;
    const isStarted = this.function("Deliver").invoke(
      { seconds: cpuSeconds + REQUEST_WAIT_SECONDS, isError: false },
      () => {
        this.queue("Small").send({
          at: this.clock.now,
          lane: "small",
          cpuSeconds: 0,
          fate: "checked",
        });
        done(this.clock.now - now);
      },
    );
    if (isStarted) return;
    this.#requested.throttles += 1;
    done(undefined);
  }

  run(until: number): void {
    this.clock.run(until);
  }

  /** A batch of the small lane: its jobs share the processor, and one alone uses one thread of it. */
  #consume(batch: readonly Message<Job>[]): BatchRun<Job> {
    const { small: wait = 0 } = this.#options.waitSeconds ?? {};
    const vcpus = (this.#deployment.functions["Consume"]?.memoryMb ?? 0) * VCPUS_PER_MB;
    const crashes = batch.some(({ job }) => job.fate === "crashes" && job.lane === "small");
    const begin = this.clock.now;
    let [seconds, first] = [0, 0];
    // s from the beginning at which each job has ended: those in flight together end together.
    const ends: number[] = [];
    batch.forEach(({ job }, at) => {
      const cpu = job.lane === "large" ? 0 : job.cpuSeconds * this.faults.slowness;
      // A check only waits, while the others work.
      seconds += job.fate === "checked" ? wait / 10 : wait;
      // One alone uses one thread.
      seconds += batch.length === 1 ? cpu / Math.min(1, vcpus) : cpu / vcpus;
      if (at - first + 1 < JOBS_TOGETHER && at + 1 < batch.length) return;
      for (; first <= at; first++) ends.push(seconds);
    });
    let settled = 0;
    const queue = this.queue("Small");
    const settle = (message: Message<Job>): void => {
      const { job } = message;
      const end = this.clock.now - seconds + (ends[settled++] ?? seconds);
      queue.delete(message);
      if (job.lane === "large") this.queue("Large").send(job);
      else this.#finish(job, "Small", Math.max(begin, end));
    };
    const { functions, failing } = this.faults;
    const isError =
      crashes || functions.has("Consume") || (failing > 0 && this.#events.is(failing));
    return { seconds, isError, settle };
  }

  #finish(job: Job, lane: string, at: number): void {
    // The job that checks a rendition on request finds nothing to do.
    if (job.fate === "checked") return;
    if (job.fate === "rejected") this.queue(`${lane}Dlq`).send(job);
    else this.#options.onDone?.(job, at);
    this.queues["Catalog"]?.send(job);
    this.queues["Invalidations"]?.send(job);
  }

  /** A batch of the catalog's or the invalidations' function. */
  #handle(name: string): BatchRun<Job> {
    const queue = this.queue(this.#deployment.mappings[name]?.queue ?? "");
    const refuses = this.faults.refusing.has(name);
    const seconds = BATCH_SECONDS[name] ?? 1;
    const settle = (message: Message<Job>) =>
      refuses
        ? queue.release(message, queue.options.visibilitySeconds - seconds)
        : queue.delete(message);
    return { seconds, isError: this.faults.functions.has(name), settle };
  }

  #work(message: Message<Job>): Work {
    const { large: wait = 0 } = this.#options.waitSeconds ?? {};
    const { job } = message;
    const seconds = (job.cpuSeconds * this.faults.slowness) / TASK_VCPUS + wait;
    if (job.fate === "crashes") return { seconds, settle: "crashes" };
    const settle = () => {
      this.queue("Large").delete(message);
      this.#finish(job, "Large", this.clock.now);
    };
    return { seconds, settle };
  }

  #tell(event: ServiceEvent): void {
    if (this.#deployment.events.includes(event)) this.#options.onPage?.(`Worker${event}`, "EVENT");
  }

  #minute(): void {
    const minute = Math.round(this.clock.now / MINUTE) - 1;
    for (const mapping of Object.values(this.mappings)) mapping.minute();
    this.service.minute();
    for (const [name, queue] of Object.entries(this.queues)) {
      this.#queueMinutes[name] = queue.minute();
    }
    for (const [name, fn] of Object.entries(this.functions)) {
      this.functionMinutes[name] = fn.minute();
    }
    for (const { id, source, read } of this.#reports) {
      const datum = read();
      if (datum !== undefined) this.metrics.record(id, minute, datum, source);
    }
    this.#requested = { requests: 0, throttles: 0 };
    this.#options.onMinute?.(minute);
  }

  /** What reports a metric, once a minute. */
  #reporter({ namespace, name, dimensions }: AlarmMetric): () => Datum | undefined {
    const { edge, deliver, api, table, topic } = this.signals;
    const some = (count: number) => (count > 0 ? single(count) : undefined);
    const of = (service: string, metric: string) => namespace === service && name === metric;
    if (namespace === "AWS/SQS") {
      const queue = partNamed(this.queues, dimensions["QueueName"]);
      const read = QUEUE_METRICS[name];
      if (read === undefined) throw new Error(`SQS has no metric ${name}`);
      const omitsZeros = !this.#options.reportsZeros && MAY_BE_MISSING.has(name);
      return () => {
        const minute = this.#queueMinutes[queue];
        const found = minute && read(minute);
        return found === undefined || (found === 0 && omitsZeros) ? undefined : single(found);
      };
    }
    const isDeliver = dimensions["FunctionName"]?.includes("Deliver") ?? false;
    const requests = () => deliver.requests + this.#requested.requests;
    if (of("AWS/Lambda", "UrlRequestCount")) return () => some(requests());
    if (of("AWS/Lambda", "Url5xxCount")) {
      return () => (requests() > 0 ? single(deliver.errors) : undefined);
    }
    if (of("AWS/Lambda", "Throttles") && isDeliver) {
      const throttles = () => deliver.throttles + this.#requested.throttles;
      return () => (requests() + throttles() > 0 ? single(throttles()) : undefined);
    }
    if (namespace === "AWS/Lambda") {
      const fn = partNamed(this.functions, dimensions["FunctionName"]);
      return () => this.functionMinutes[fn]?.[name];
    }
    if (of("AWS/CloudFront", "Requests")) return () => some(edge.requests);
    // A rate of a minute without requests is not reported.
    if (of("AWS/CloudFront", "5xxErrorRate")) {
      return () => (edge.requests > 0 ? single(edge.errorPercent) : undefined);
    }
    if (of("AWS/ApiGateway", "Count")) return () => some(api.requests);
    if (of("AWS/ApiGateway", "5xx")) {
      return () => (api.requests > 0 ? single(api.errors) : undefined);
    }
    const isWrite = dimensions["Operation"] === "PutItem";
    if (of("AWS/DynamoDB", "ThrottledRequests")) {
      return () => (isWrite ? some(table.throttles) : undefined);
    }
    if (of("AWS/DynamoDB", "SystemErrors")) return () => (isWrite ? some(table.errors) : undefined);
    if (of("AWS/SNS", "NumberOfNotificationsFailed")) {
      return () => (this.#options.reportsZeros ? single(topic.failed) : some(topic.failed));
    }
    throw new Error(`nothing in the model reports ${namespace} ${name}`);
  }

  #evaluate(alarm: Alarm, policies: readonly PolicyOptions[]): void {
    const before = alarm.state;
    const minute = Math.floor(this.clock.now / MINUTE) - 1;
    const { state, newest = 0 } = alarm.evaluate(minute, this.clock.now);
    const { name, threshold, okActions } = alarm.options;
    // An alarm invokes a scaling policy every minute, and tells a topic of a change alone.
    // https://repost.aws/knowledge-center/autoscaling-policy-cloudwatch-alarm
    if (state === "ALARM") {
      for (const policy of policies) this.service.scale(policy, newest - threshold);
    }
    if (state === before || policies.length > 0) return;
    if (state === "ALARM" || (state === "OK" && okActions.length > 0)) {
      this.#options.onPage?.(name, state);
    }
  }
}

/** By what infra/ calls the queue or function with a physical name. */
function partNamed(
  parts: Readonly<Record<string, { readonly options: { readonly name: string } }>>,
  name: string | undefined,
): string {
  const found = Object.entries(parts).find(([, { options }]) => options.name === name);
  if (found === undefined) throw new Error(`an alarm measures ${name}, which is not deployed`);
  return found[0];
}
