/**
 * What a job's time goes into, in the order in which it comes; a job that goes round again has them
 * again.
 */
export const PHASES = [
  /** The manifest and the source, to its last byte. */
  "fetch",
  /** Its header. */
  "probe",
  /** Waiting for memory and a CPU. */
  "queued",
  /** To pixels. */
  "decode",
  /** From pixels to renditions; a source that is streamed is decoded here too. */
  "encode",
  /** What is still on its way to S3, the manifest, the second look at the source. */
  "store",
] as const;
export type Phase = (typeof PHASES)[number];

/** One stay in a stage; ms since the epoch. */
export interface PhaseTiming {
  readonly phase: Phase;
  readonly from: number;
  readonly to: number;
}

/** Times one job's stages: one begins where the one before it ends. */
export class PhaseTimer {
  readonly #now: () => number;
  readonly #timings: PhaseTiming[] = [];
  #current: { readonly phase: Phase; readonly from: number } | undefined;
  #stopped = false;

  /** @param now ms since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A stage begins. After `stop` nothing does: work that was let go may still go on. */
  readonly enter = (phase: Phase): void => {
    if (this.#stopped || this.#current?.phase === phase) return;
    const now = this.#now();
    this.#close(now);
    this.#current = { phase, from: now };
  };

  stop(): readonly PhaseTiming[] {
    if (!this.#stopped) this.#close(this.#now());
    this.#stopped = true;
    return this.#timings;
  }

  #close(now: number): void {
    if (this.#current === undefined) return;
    // A clock that was set back must not make a stage end before it began.
    this.#timings.push({ ...this.#current, to: Math.max(now, this.#current.from) });
    this.#current = undefined;
  }
}

/** How long each stage took that there was, all its laps together, ms. */
export function phaseTimes(timings: readonly PhaseTiming[]): ReadonlyMap<Phase, number> {
  const times = new Map<Phase, number>();
  for (const { phase, from, to } of timings) {
    times.set(phase, (times.get(phase) ?? 0) + to - from);
  }
  return times;
}
