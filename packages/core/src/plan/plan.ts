import type { Preset } from "../recipe/index.ts";
import type { Area } from "./area.ts";
import type { Geometry } from "./geometry.ts";
import type { SourceInfo } from "./source-info.ts";

/** The exact geometry of one rendition, in px of the upright source. */
export interface RenditionPlan extends Geometry {
  readonly preset: Preset;
  /** The key of the rendition in its bucket. */
  readonly key: string;
  /** The number of frames of an animated rendition. Default: one image. */
  readonly frames?: number;
  /** The size that the preset requests, in px, if it exceeds what the format can store. */
  readonly boundedFrom?: Area;
  /** The colors stay in the source's own Display P3. */
  readonly wide?: true;
}

/**
 * The whole upright image as pixels of one size, in px, and the outputs that are made from them.
 */
export interface RasterPlan extends Area {
  /** The renditions that are encoded from these pixels, and scaled first if `scaled` is smaller. */
  readonly renditions: readonly RenditionPlan[];
  /** Smaller rasters that are scaled from this one. */
  readonly rasters: readonly RasterPlan[];
}

/** The exact work on one source, computed before any pixel is decoded. */
export interface Plan {
  readonly source: SourceInfo;
  /**
   * `cascade`: the source is decoded once and every rendition is derived from those pixels.
   * `stream`: some renditions have a decode of their own, because they would exceed the memory
   * budget otherwise or are not a single sRGB image (animations, Display P3).
   */
  readonly strategy: "cascade" | "stream";
  /** The raster that the source is decoded to. It is absent if every rendition is streamed. */
  readonly raster?: RasterPlan;
  /** The renditions with a decode of their own, which run one after the other in little memory. */
  readonly streamed: readonly RenditionPlan[];
  /**
   * Whether the intact part of a damaged source is rendered. Default: a damaged source is rejected.
   */
  readonly tolerant?: true;
  /** The longest time that one decode may take, in seconds. */
  readonly seconds: number;
  /** All renditions, largest first. */
  readonly renditions: readonly RenditionPlan[];
  /**
   * The predicted peak memory of this work, in bytes, in addition to the memory of the program
   * itself and of the source's bytes if they are held in memory.
   */
  readonly peakBytes: number;
}
