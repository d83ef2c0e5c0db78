import { Failure } from "@imagefleet/core/outcome";
import type { Chance } from "./chance.ts";

/** A read or a write of S3, a send to SQS, or a step of the program itself. */
type CallKind = "read" | "write" | "send" | "own";

/** A call in progress. The scheduler decides when it takes effect. */
export interface Call {
  readonly name: string;
  readonly kind: CallKind;
  /** It takes effect and is answered. */
  readonly go: () => void;
  /** It takes effect without an answer. */
  readonly takeEffect: () => void;
  readonly fail: (error: Error) => void;
}

/** One attempt at a message, or one delivery, in one process, with its calls. */
export class Session {
  readonly name: string;
  /** The number of the recipe of its program. */
  readonly recipe: number;
  readonly startedAt: number;
  /** The weight of its calls. It changes at random, so that one attempt stalls while others run. */
  pace = 1;
  /** It rests at a call until `World.progress` reaches this number, or nothing else can run. */
  restsUntil = 0;
  /** The call at which it waited last. */
  seen: Call | undefined;
  readonly #lease = new AbortController();
  #calls: Call[] = [];
  #crashed = false;
  /** The keys of renditions that it has put and not committed. */
  readonly uncommitted = new Set<string>();
  /** How many contents the source had had when a delivery put its rendition last. */
  putAt: number | undefined;
  /** The ETag of the content that it read last. */
  content: string | undefined;
  /** There is nothing new for it: its content is rejected, and the manifest contains that. */
  isRepeated = false;
  /** `World.changes` at its start. */
  changes = 0;

  /** A delivery has no message: it is killed at this time, ms. */
  readonly killedAt: number | undefined;

  /** @param startedAt the step of the world */
  constructor(name: string, recipe: number, startedAt: number, killedAt?: number) {
    this.killedAt = killedAt;
    this.name = name;
    this.recipe = recipe;
    this.startedAt = startedAt;
  }

  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  get calls(): readonly Call[] {
    return this.#calls;
  }

  /** Waits until the scheduler runs the call. @returns the result of `act` */
  turn<T>(name: string, act: () => T, kind: CallKind): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    // After a crash no call is ever answered.
    if (this.#crashed) return promise;
    const call: Call = {
      name,
      kind,
      go: () => {
        this.#forget(call);
        try {
          resolve(act());
        } catch (error) {
          reject(error);
        }
      },
      takeEffect: () => {
        try {
          act();
        } catch {
          // The answer was an error: nothing took effect.
        }
      },
      fail: (error) => {
        this.#forget(call);
        reject(error);
      },
    };
    this.#calls.push(call);
    return promise;
  }

  /**
   * Crashes the process. Its calls in progress may take effect now.
   *
   * @returns writes that may take effect later
   */
  crash(chance: Chance): readonly Call[] {
    this.#crashed = true;
    const late = this.#calls.filter(({ kind }) => kind === "write" && chance.happens(0.3));
    this.#calls = this.#calls.filter((call) => !late.includes(call));
    this.#takeEffectOrNot(chance, "write", "send");
    this.#calls = [];
    return late;
  }

  /** Ends its lease while it runs: its signal is aborted, and it goes on. */
  outlive(chance: Chance): void {
    // An answer may have arrived before the abort and be read after it.
    for (const call of this.#toS3()) if (chance.happens(0.3)) call.go();
    this.#takeEffectOrNot(chance, "write");
    const toS3 = this.#toS3();
    this.#lease.abort(new Failure("TimedOut", "it ran out of time"));
    for (const call of toS3) call.fail(new Error("aborted"));
  }

  #toS3(): Call[] {
    return this.#calls.filter(({ kind }) => kind === "read" || kind === "write");
  }

  #takeEffectOrNot(chance: Chance, ...kinds: readonly CallKind[]): void {
    for (const call of this.#calls) {
      if (kinds.includes(call.kind) && chance.happens(0.5)) call.takeEffect();
    }
  }

  #forget(call: Call): void {
    this.#calls = this.#calls.filter((other) => other !== call);
  }
}
