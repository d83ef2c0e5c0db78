import type { Preset } from "../recipe/index.ts";
import type { Area } from "./area.ts";
import type { Geometry } from "./geometry.ts";
import type { SourceInfo } from "./source-info.ts";

/** One rendition's exact geometry, in px of the upright source. */
export interface RenditionPlan extends Geometry {
  readonly preset: Preset;
  /** The rendition's key in its bucket. */
  readonly key: string;
  /** Of an animation that stays one; absent: one picture. */
  readonly frames?: number;
  /** What the preset asks for, in px, where that is more than its format can hold. */
  readonly boundedFrom?: Area;
  /** The colors stay in the source's own Display P3. */
  readonly wide?: true;
}

/** The whole upright picture as pixels of one size, in px, and what is made from them. */
export interface RasterPlan extends Area {
  /** Encoded from these pixels, scaled on the way where `scaled` is smaller. */
  readonly renditions: readonly RenditionPlan[];
  /** Smaller rasters that are scaled from this one. */
  readonly rasters: readonly RasterPlan[];
}

/** The exact work on one source, computed before any pixel is touched. */
export interface Plan {
  readonly source: SourceInfo;
  /**
   * `cascade`: the source is decoded once and every rendition is derived from pixels. `stream`:
   * some renditions would break the memory budget that way, or are not of one picture in sRGB
   * (animations, Display P3), and get a decode of their own each.
   */
  readonly strategy: "cascade" | "stream";
  /** The raster that the source is decoded to; absent when every rendition is streamed. */
  readonly raster?: RasterPlan;
  /** The renditions with a decode of their own, in little memory, one after the other. */
  readonly streamed: readonly RenditionPlan[];
  /** Is of a damaged source rendered what there is? Absent: it is rejected. */
  readonly tolerant?: true;
  /** How long one decode may take, s. */
  readonly seconds: number;
  /** All of them, largest first. */
  readonly renditions: readonly RenditionPlan[];
  /**
   * The memory, in bytes, that doing this is predicted to take at its peak, on top of the program's
   * own and of the source's bytes where they are held in memory.
   */
  readonly peakBytes: number;
}
