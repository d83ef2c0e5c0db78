import type { Lane } from "../outcome/index.ts";
import type { Recipe } from "../recipe/index.ts";
import type { Permit } from "../semaphore/index.ts";
import type { RenditionStore, Scratch, SourceStore } from "../store/index.ts";
import type { Phase } from "../telemetry/index.ts";
import type { Codec } from "./codec.ts";

/**
 * Runs a piece of work when there is room for the bytes that it takes at its peak: a MemoryGate's
 * `run`. The work is lent its claim, to shrink it when only a part is still held.
 */
export type Semaphore = <T>(
  work: (permit?: Pick<Permit, "shrinkTo">) => Promise<T>,
  bytes: number,
  signal: AbortSignal,
) => Promise<T>;

/** What a job needs of the program that does it. */
export interface ReconcileContext {
  readonly lane: Lane;
  readonly recipe: Recipe;
  readonly sources: SourceStore;
  readonly renditions: RenditionStore;
  /** What one job may take of memory at its peak, in bytes; on the small lane, more is forwarded. */
  readonly memoryBytes: number;
  /** Lets jobs decode and encode side by side while CPUs and memory last. */
  readonly renderSemaphore: Semaphore;
  /** A folder to download into; without one, sources are held in memory. */
  readonly scratch?: Scratch;
  /** Another codec than the room `image`. */
  readonly codec?: Codec;
  /** Told of the keys that the job's manifest names and that are another's: they are left alone. */
  readonly onForeign?: (keys: readonly string[]) => void;
  /** Told of each stage of this one job as it begins. */
  readonly onPhase?: (phase: Phase) => void;
}
