import type { Chance } from "./chance.ts";
import type { Clock } from "./clock.ts";
import { value } from "./constants.ts";
import type { Message, Queue } from "./queue.ts";

export interface ServiceOptions {
  readonly minTasks: number;
  readonly maxTasks: number;
  /** Tasks that are placed on demand before Spot is used; all of them without Spot. */
  readonly onDemandTasks: number;
  readonly hasSpot: boolean;
  readonly jobsPerTask: number;
  readonly leaseSeconds: number;
  readonly drainSeconds: number;
  readonly hasBreaker: boolean;
}

/** A step scaling policy of Application Auto Scaling that sets an exact capacity. */
export interface PolicyOptions {
  readonly name: string;
  readonly cooldownSeconds: number;
  readonly steps: readonly {
    /** From the alarm's threshold. */
    readonly from: number | undefined;
    readonly to: number | undefined;
    readonly tasks: number;
  }[];
}

/** What ECS tells EventBridge. */
export type ServiceEvent = "NotPlaced" | "TaskFailed" | "DeploymentFailed";

interface Task<Job> {
  readonly isSpot: boolean;
  readonly revision: Revision;
  state: "starting" | "running" | "stopping" | "stopped";
  readonly jobs: Set<Message<Job>>;
}

interface Revision {
  /** Does its container end with an error as soon as it has started? */
  readonly crashes: boolean;
  failures: number;
  isComplete: boolean;
}

/** What a job comes to in a task. */
export interface Work {
  readonly seconds: number;
  /** Settles the message, unless the job ends its task with an error. */
  readonly settle: "crashes" | (() => void);
}

export interface ServiceParts<Job> {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly queue: Queue<Job>;
  readonly work: (message: Message<Job>) => Work;
  readonly event: (event: ServiceEvent) => void;
}

/** An ECS service on Fargate whose tasks drain a queue, and its scaling by steps. */
export class Service<Job> {
  desired: number;
  /** Time of all tasks that run or start, s. */
  onDemandSeconds = 0;
  spotSeconds = 0;
  readonly options: ServiceOptions;
  readonly #parts: ServiceParts<Job>;
  readonly #tasks = new Set<Task<Job>>();
  #revision: Revision = { crashes: false, failures: 0, isComplete: true };
  #former: Revision = this.#revision;
  #hasSpotCapacity = true;
  #launches = value("taskBurst");
  #lookedAt = 0;
  #placeAgainAt = 0;
  #cooldownUntil = 0;

  constructor(options: ServiceOptions, parts: ServiceParts<Job>) {
    this.options = options;
    this.desired = options.minTasks;
    this.#parts = parts;
    parts.queue.listen(() => this.#feed());
    parts.clock.every(value("serviceLoop"), () => this.#look());
  }

  get running(): number {
    return this.#count("running");
  }

  get starting(): number {
    return this.#count("starting");
  }

  #count(state: Task<Job>["state"]): number {
    let count = 0;
    for (const task of this.#tasks) if (task.state === state) count += 1;
    return count;
  }

  /** A policy that an alarm invokes, once a minute while it is in ALARM. */
  scale(policy: PolicyOptions, over: number): void {
    const { clock } = this.#parts;
    const step = policy.steps.find(
      ({ from, to }) =>
        (from === undefined || over >= from) &&
        // The upper bound is within a step below the threshold: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_StepAdjustment.html
        (to === undefined || (to <= 0 ? over <= to : over < to)),
    );
    if (step === undefined) return;
    const { minTasks, maxTasks } = this.options;
    const tasks = Math.min(maxTasks, Math.max(minTasks, step.tasks));
    if (tasks === this.desired) return;
    // A scale-in waits for the end of any cooldown; a scale-out only ever adds what is missing.
    if (tasks < this.desired && clock.now < this.#cooldownUntil) return;
    this.desired = tasks;
    this.#cooldownUntil = clock.now + policy.cooldownSeconds;
  }

  /** Starts a deployment: without a minimum of healthy tasks, the old ones stop first. */
  deploy(crashes: boolean): void {
    if (this.#revision.isComplete) this.#former = this.#revision;
    this.#revision = { crashes, failures: 0, isComplete: this.desired === 0 };
    this.#placeAgainAt = 0;
  }

  /** Kills some of the running tasks, as a broken host does: what they work on is hidden until its lease ends. */
  kill(count: number): void {
    const running = [...this.#tasks].filter(({ state }) => state === "running").slice(0, count);
    for (const task of running) this.#kill(task);
  }

  #kill(task: Task<Job>): void {
    const { queue, chance, event } = this.#parts;
    const { leaseSeconds } = this.options;
    task.state = "stopped";
    this.#tasks.delete(task);
    // The heartbeat had extended the lease at some time within its last third.
    for (const job of task.jobs)
      queue.release(job, chance.between((2 / 3) * leaseSeconds, leaseSeconds));
    task.jobs.clear();
    event("TaskFailed");
  }

  /** Spot's capacity comes or goes: then its tasks get a notice, and no new one is placed. */
  setSpotCapacity(isThere: boolean): void {
    this.#hasSpotCapacity = isThere;
    if (isThere) return;
    for (const task of this.#tasks) if (task.isSpot) this.#stop(task);
  }

  #look(): void {
    const { clock } = this.#parts;
    const seconds = clock.now - this.#lookedAt;
    this.#lookedAt = clock.now;
    for (const { isSpot } of this.#tasks) {
      if (isSpot) this.spotSeconds += seconds;
      else this.onDemandSeconds += seconds;
    }
    this.#launches = Math.min(value("taskBurst"), this.#launches + seconds * value("taskLaunches"));
    const current = [...this.#tasks].filter(
      ({ state }) => state === "starting" || state === "running",
    );
    const old = current.filter(({ revision }) => revision !== this.#revision);
    for (const task of old) if (task.jobs.size === 0) this.#stop(task);
    const kept = current.filter(({ state }) => state === "starting" || state === "running");
    const over = kept.length - this.desired;
    if (over > 0) {
      // A task with work protects itself against scale-in.
      const idle = kept.filter(({ jobs }) => jobs.size === 0).slice(0, over);
      for (const task of idle) this.#stop(task);
    } else if (over < 0 && clock.now >= this.#placeAgainAt) this.#place(-over, kept);
  }

  #place(count: number, current: readonly Task<Job>[]): void {
    const { onDemandTasks, hasSpot } = this.options;
    let onDemand = current.filter(({ isSpot }) => !isSpot).length;
    for (let placed = 0; placed < count && this.#launches >= 1; placed++) {
      const isSpot = hasSpot && onDemand >= onDemandTasks;
      if (isSpot && !this.#hasSpotCapacity) {
        this.#parts.event("NotPlaced");
        this.#placeAgainAt = this.#parts.clock.now + value("placementRetry");
        return;
      }
      if (!isSpot) onDemand += 1;
      this.#launches -= 1;
      this.#start(isSpot);
    }
  }

  #start(isSpot: boolean): void {
    const { clock, chance } = this.#parts;
    const revision = this.#revision;
    const task: Task<Job> = {
      isSpot,
      revision,
      state: "starting",
      jobs: new Set(),
    };
    this.#tasks.add(task);
    const seconds = chance.lognormal(value("taskStartP50"), value("taskStartP95"));
    clock.after(seconds, () => {
      if (task.state !== "starting") return;
      task.state = "running";
      if (revision.crashes) return this.#crash(task);
      revision.failures = 0;
      revision.isComplete = true;
      this.#feed();
    });
  }

  /** The circuit breaker of a deployment rolls it back after so many tasks that failed. */
  #crash(task: Task<Job>): void {
    const { revision } = task;
    this.#kill(task);
    revision.failures += 1;
    const limit = Math.min(
      value("breakerMost"),
      Math.max(value("breakerLeast"), Math.ceil(this.desired * value("breakerShare"))),
    );
    if (!this.options.hasBreaker || revision.isComplete || revision.failures < limit) return;
    if (revision !== this.#revision) return;
    this.#parts.event("DeploymentFailed");
    this.#revision = this.#former;
  }

  /** A task that has to stop finishes what it can within the drain time, and releases the rest. */
  #stop(task: Task<Job>): void {
    if (task.state === "starting") {
      task.state = "stopped";
      this.#tasks.delete(task);
    } else if (task.state === "running") {
      task.state = "stopping";
      if (task.jobs.size === 0) this.#end(task);
      else this.#parts.clock.after(this.options.drainSeconds, () => this.#end(task));
    }
  }

  #end(task: Task<Job>): void {
    if (task.state !== "stopping") return;
    task.state = "stopped";
    this.#tasks.delete(task);
    for (const job of task.jobs) this.#parts.queue.release(job, 0);
    task.jobs.clear();
  }

  #feed(): void {
    const { queue } = this.#parts;
    for (const task of this.#tasks) {
      while (task.state === "running" && task.jobs.size < this.options.jobsPerTask) {
        const [message] = queue.receive(1);
        if (message === undefined) return;
        this.#begin(task, message);
      }
    }
  }

  #begin(task: Task<Job>, message: Message<Job>): void {
    const { clock, work } = this.#parts;
    const { seconds, settle } = work(message);
    task.jobs.add(message);
    clock.after(seconds, () => {
      // It was killed, or released.
      if (!task.jobs.has(message)) return;
      if (settle === "crashes") return this.#kill(task);
      task.jobs.delete(message);
      settle();
      if (task.state === "stopping" && task.jobs.size === 0) this.#end(task);
      this.#feed();
    });
  }

  /** A task polls, which uses the queue. */
  minute(): void {
    if (this.running > 0) this.#parts.queue.touch();
  }
}
