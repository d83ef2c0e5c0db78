import type { Lane } from "../outcome/index.ts";
import type { Recipe } from "../recipe/index.ts";
import type { Permit } from "../semaphore/index.ts";
import type { RenditionStore, Scratch, SourceStore } from "../store/index.ts";
import type { Phase } from "../telemetry/index.ts";
import type { Codec } from "./codec.ts";

/**
 * Runs work when the memory that it needs at its peak, in bytes, is available: the `run` of a
 * MemorySemaphore. The work gets its permit, to shrink it when it needs less.
 */
export type Semaphore = <T>(
  work: (permit?: Pick<Permit, "shrinkTo">) => Promise<T>,
  bytes: number,
  signal: AbortSignal,
) => Promise<T>;

/** What all jobs of a program share. */
export interface ReconcileResources {
  readonly recipe: Recipe;
  readonly sources: SourceStore;
  readonly renditions: RenditionStore;
  /** How much memory one job may use at its peak, bytes. The small lane forwards what needs more. */
  readonly memoryBytes: number;
  /** Limits concurrent renders by memory and count. */
  readonly renderSemaphore: Semaphore;
  /** A folder for downloads. Without one, sources are kept in memory. */
  readonly scratch?: Scratch;
  /** Replaces the codec of the module `image`. */
  readonly codec?: Codec;
}

/** What one job needs. */
export interface ReconcileContext extends ReconcileResources {
  readonly lane: Lane;
  /** Receives the keys in the job's manifest that are of another source. They are left as they are. */
  readonly onForeign?: (keys: readonly string[]) => void;
  /** Called if caches may have what is replaced: of an earlier content, or of a source that is gone. */
  readonly onReplaced?: () => void;
  /** Receives each phase of the job as it begins. */
  readonly onPhase?: (phase: Phase) => void;
}
