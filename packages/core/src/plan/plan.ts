import type { Preset } from "../recipe/index.ts";
import type { SourceInfo } from "./source-info.ts";

/** One rendition's exact geometry, in px of the upright source. */
export interface RenditionPlan {
  readonly preset: Preset;
  /** The rendition's key in its bucket. */
  readonly key: string;
  /** The whole upright picture is scaled to this size first... */
  readonly scaled: { readonly width: number; readonly height: number };
  /** ...then this part of it is kept (`cover`)... */
  readonly crop?: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
  /** ...then it is set on a background of the final size (`contain`). */
  readonly pad?: { readonly left: number; readonly top: number };
  /** The rendition's final size. */
  readonly width: number;
  readonly height: number;
}

/** The exact work on one source, computed before any pixel is touched. */
export interface Plan {
  readonly source: SourceInfo;
  /**
   * `cascade`: the source is decoded once, to the largest scaled size, and every rendition is
   * derived from pixels. `stream`: the source is decoded again for each rendition, in little memory.
   */
  readonly strategy: "cascade" | "stream";
  /** Largest first, so that each can be derived from one before it. */
  readonly renditions: readonly RenditionPlan[];
  /** The memory, in bytes, that doing this is predicted to take at its peak. */
  readonly peakBytes: number;
}
