/** The phases of a job, in their order. A job that is reconciled again repeats them. */
export const PHASES = [
  /** Reading the manifest and the source. */
  "fetch",
  /** Reading the source's header. */
  "probe",
  /** Waiting for memory and a slot. */
  "queued",
  /** Decoding to pixels. */
  "decode",
  /** Rendering and encoding. A source that is streamed is also decoded here. */
  "encode",
  /** Waiting for uploads, writing the manifest, reading the source's ETag again. */
  "store",
] as const;
export type Phase = (typeof PHASES)[number];

/** One run of a phase; ms since the epoch. */
export interface PhaseTiming {
  readonly phase: Phase;
  readonly from: number;
  readonly to: number;
}

/** Times the phases of one job. A phase starts where the phase before it ends. */
export class PhaseTimer {
  readonly #now: () => number;
  readonly #timings: PhaseTiming[] = [];
  #current: { readonly phase: Phase; readonly from: number } | undefined;
  #stopped = false;

  /** @param now ms since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Starts a phase. After `stop` it does nothing: an aborted job may still be running. */
  readonly enter = (phase: Phase): void => {
    if (this.#stopped || this.#current?.phase === phase) return;
    const now = this.#now();
    this.#close(now);
    this.#current = { phase, from: now };
  };

  /** Ends the current phase. @returns the timings of all phases */
  stop(): readonly PhaseTiming[] {
    if (!this.#stopped) this.#close(this.#now());
    this.#stopped = true;
    return this.#timings;
  }

  #close(now: number): void {
    if (this.#current === undefined) return;
    // If the clock was set back, a phase must not end before it started.
    this.#timings.push({ ...this.#current, to: Math.max(now, this.#current.from) });
    this.#current = undefined;
  }
}

/** The total time of each phase that ran, ms. */
export function phaseTimes(timings: readonly PhaseTiming[]): ReadonlyMap<Phase, number> {
  const times = new Map<Phase, number>();
  for (const { phase, from, to } of timings) {
    times.set(phase, (times.get(phase) ?? 0) + to - from);
  }
  return times;
}
