/**
 * What a job's time goes into, in the order in which it comes; a job that goes round again has them
 * again.
 */
export const STAGES = [
  /** The manifest and the source, to its last byte. */
  "fetch",
  /** Its header. */
  "probe",
  /** Waiting for memory and a CPU. */
  "turn",
  /** To pixels. */
  "decode",
  /** From pixels to renditions; a source that is streamed is decoded here too. */
  "encode",
  /** What is still on its way to S3, the manifest, the second look at the source. */
  "store",
] as const;
export type Stage = (typeof STAGES)[number];

/** One stay in a stage; ms since the epoch. */
export interface Lap {
  readonly stage: Stage;
  readonly from: number;
  readonly to: number;
}

/** Times one job's stages: one begins where the one before it ends. */
export class Stopwatch {
  readonly #now: () => number;
  readonly #laps: Lap[] = [];
  #current: { readonly stage: Stage; readonly from: number } | undefined;
  #stopped = false;

  /** @param now ms since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A stage begins. After `stop` nothing does: work that was let go may still go on. */
  readonly enter = (stage: Stage): void => {
    if (this.#stopped || this.#current?.stage === stage) return;
    const now = this.#now();
    this.#close(now);
    this.#current = { stage, from: now };
  };

  stop(): readonly Lap[] {
    if (!this.#stopped) this.#close(this.#now());
    this.#stopped = true;
    return this.#laps;
  }

  #close(now: number): void {
    if (this.#current === undefined) return;
    // A clock that was set back must not make a stage end before it began.
    this.#laps.push({ ...this.#current, to: Math.max(now, this.#current.from) });
    this.#current = undefined;
  }
}

/** How long each stage took that there was, all its laps together, ms. */
export function stageTimes(laps: readonly Lap[]): ReadonlyMap<Stage, number> {
  const times = new Map<Stage, number>();
  for (const { stage, from, to } of laps) {
    times.set(stage, (times.get(stage) ?? 0) + to - from);
  }
  return times;
}
