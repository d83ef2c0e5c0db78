import type { Lane } from "../outcome/index.ts";
import type { Recipe } from "../recipe/index.ts";
import type { RenditionStore, SourceStore } from "../store/index.ts";
import type { Codec } from "./codec.ts";

/** Runs a piece of work when there is room for it: p-limit's own form. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** What a job needs of the program that does it. */
export interface ReconcileContext {
  readonly lane: Lane;
  readonly recipe: Recipe;
  readonly sources: SourceStore;
  readonly renditions: RenditionStore;
  /** What one job may take of memory at its peak, in bytes; on the small lane, more is forwarded. */
  readonly memoryBytes: number;
  /** Lets as many jobs decode and encode at once as there are CPUs for. */
  readonly renderGate: Gate;
  /** A folder to download into; without one, sources are held in memory. */
  readonly scratch?: string;
  /** Another codec than the room `image`. */
  readonly codec?: Codec;
}
