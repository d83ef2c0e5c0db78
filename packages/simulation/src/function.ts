import type { Clock } from "./clock.ts";
import { value } from "./constants.ts";
import { Histogram } from "./histogram.ts";
import type { Datum } from "./metrics.ts";
import { single } from "./metrics.ts";

const COLD_START = value("coldStart");
const IDLE = value("environmentIdle");
const STARTS = value("environments");

/** Concurrent executions of an account, which its functions share. */
export class Account {
  running = 0;
  concurrency: number;
  /** Taken by functions that are not the fleet's. */
  others = 0;

  constructor(concurrency: number) {
    this.concurrency = concurrency;
  }

  get isFull(): boolean {
    return this.running + this.others >= this.concurrency;
  }
}

/** What an invocation comes to. */
export interface Run {
  /** Without a cold start, s. */
  readonly seconds: number;
  /** Does it fail as a whole? */
  readonly isError: boolean;
}

export interface FunctionOptions {
  readonly name: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
}

/** What CloudWatch gets of a function in a minute. */
export type FunctionMinute = Readonly<Record<string, Datum>>;

/** A function of Lambda: environments that start, run one invocation after the other, and end when idle. */
export class LambdaFunction {
  running = 0;
  coldStarts = 0;
  /** Billed time, s. */
  billed = 0;
  invocations = 0;
  throttles = 0;
  readonly options: FunctionOptions;
  readonly #clock: Clock;
  readonly #account: Account;
  /** Since when idle environments are idle, s, the longest first. */
  #idle: number[] = [];
  /** Environments that may start at once: refilled continuously. */
  #starts = STARTS;
  #refilledAt = 0;
  #minute = { invocations: 0, errors: 0, throttles: 0, durations: new Histogram() };

  readonly #coldStart: number;

  constructor(
    clock: Clock,
    options: FunctionOptions,
    account: Account,
    { coldStartSeconds = COLD_START } = {},
  ) {
    this.options = options;
    this.#coldStart = coldStartSeconds;
    this.#clock = clock;
    this.#account = account;
  }

  /**
   * @param done is called at its end
   * @returns false when it is throttled
   */
  invoke({ seconds, isError }: Run, done: (isError: boolean) => void): boolean {
    const { now } = this.#clock;
    const isCold = !this.#hasIdle(now);
    if (this.#account.isFull || (isCold && !this.#mayStart(now))) {
      this.#minute.throttles += 1;
      this.throttles += 1;
      return false;
    }
    if (isCold) this.coldStarts += 1;
    else this.#idle.pop();
    this.running += 1;
    this.#account.running += 1;
    const isLate = seconds > this.options.timeoutSeconds;
    const runs = Math.min(seconds, this.options.timeoutSeconds);
    const start = isCold ? this.#coldStart : 0;
    this.#clock.after(start + runs, () => {
      this.running -= 1;
      this.#account.running -= 1;
      this.#idle.push(this.#clock.now);
      this.billed += start + runs;
      this.invocations += 1;
      this.#minute.invocations += 1;
      this.#minute.durations.add(runs * 1000);
      if (isError || isLate) this.#minute.errors += 1;
      done(isError || isLate);
    });
    return true;
  }

  #hasIdle(now: number): boolean {
    const limit = now - IDLE;
    const ended = this.#idle.findIndex((since) => since > limit);
    if (ended === -1) this.#idle = [];
    else if (ended > 0) this.#idle.splice(0, ended);
    return this.#idle.length > 0;
  }

  #mayStart(now: number): boolean {
    this.#starts = Math.min(STARTS, this.#starts + ((now - this.#refilledAt) * STARTS) / 10);
    this.#refilledAt = now;
    if (this.#starts < 1) return false;
    this.#starts -= 1;
    return true;
  }

  /** Ends a minute. Lambda reports a function only where it was invoked. */
  minute(): FunctionMinute {
    const { invocations, errors, throttles, durations } = this.#minute;
    this.#minute = { invocations: 0, errors: 0, throttles: 0, durations: new Histogram() };
    if (invocations + throttles === 0) return {};
    return {
      Throttles: single(throttles),
      ...(invocations > 0 && {
        Invocations: single(invocations),
        Errors: single(errors),
        Duration: {
          sum: durations.mean * durations.count,
          count: durations.count,
          max: durations.max,
          min: 0,
          values: durations,
        },
      }),
    };
  }
}
