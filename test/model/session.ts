import { Failure } from "@imagefleet/core/outcome";
import type { Chance } from "./chance.ts";

/** To S3, of which a write may take effect unheard; to SQS; or a step of the program itself. */
type CallKind = "read" | "write" | "send" | "own";

/** One call on its way: it takes effect when the schedule says so, and is answered at once then. */
export interface Call {
  readonly name: string;
  readonly kind: CallKind;
  /** Takes effect and answers. */
  readonly go: () => void;
  /** Takes effect, and nobody hears of it. */
  readonly unheard: () => void;
  readonly fail: (error: Error) => void;
}

/** One attempt at a message in one process: its calls, and what becomes of it. */
export class Session {
  readonly name: string;
  /** Which recipe its program runs. */
  readonly recipe: number;
  readonly begunAt: number;
  /** How much its calls are preferred; changed now and then, so that one stalls while others run. */
  pace = 1;
  /** It rests at a call until the world has seen so many happenings, or nothing else can go on. */
  restsUntil = 0;
  /** The call that it was last seen to wait at. */
  seen: Call | undefined;
  readonly #lease = new AbortController();
  #calls: Call[] = [];
  #dead = false;
  /** Renditions that it has put and not committed. */
  readonly uncommitted = new Set<string>();
  /** The content that it read last, by its ETag. */
  content: string | undefined;
  /** True of one for which nothing is new: its content is rejected, and a manifest says so. */
  isRepeated = false;
  /** The world's changes when it began. */
  changes = 0;

  /** @param begunAt the world's step at which it begins */
  constructor(name: string, recipe: number, begunAt: number) {
    this.name = name;
    this.recipe = recipe;
    this.begunAt = begunAt;
  }

  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  get calls(): readonly Call[] {
    return this.#calls;
  }

  /** A point where others may come in between: resolves with what `act` gives when its turn comes. */
  turn<T>(name: string, act: () => T, kind: CallKind): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    // A dead process does no more: what it waits for never comes.
    if (this.#dead) return promise;
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
      unheard: () => {
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
   * The process dies: what is on its way may take effect, and nothing follows.
   *
   * @returns the writes that may still take effect later
   */
  crash(chance: Chance): readonly Call[] {
    this.#dead = true;
    const late = this.#calls.filter(({ kind }) => kind === "write" && chance.happens(0.3));
    this.#calls = this.#calls.filter((call) => !late.includes(call));
    this.#takeEffectOrNot(chance, "write", "send");
    this.#calls = [];
    return late;
  }

  /** Its lease ends while it runs: it is told in time, and goes on as it will. */
  outlive(chance: Chance): void {
    // An answer may be there already, and be read only after the signal.
    for (const call of this.#toS3()) if (chance.happens(0.3)) call.go();
    this.#takeEffectOrNot(chance, "write");
    const toS3 = this.#toS3();
    this.#lease.abort(new Failure("TimedOut", "its time ran out"));
    for (const call of toS3) call.fail(new Error("aborted"));
  }

  #toS3(): Call[] {
    return this.#calls.filter(({ kind }) => kind === "read" || kind === "write");
  }

  #takeEffectOrNot(chance: Chance, ...kinds: readonly CallKind[]): void {
    for (const call of this.#calls) {
      if (kinds.includes(call.kind) && chance.happens(0.5)) call.unheard();
    }
  }

  #forget(call: Call): void {
    this.#calls = this.#calls.filter((other) => other !== call);
  }
}
