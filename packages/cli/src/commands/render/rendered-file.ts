import type { FailedReason, Lane, RejectedReason } from "@imagefleet/core/outcome";
import type { OutputFormat } from "@imagefleet/core/recipe";

/** The result for a file, a line of `--json`. Sizes in px and bytes, time in ms. */
export interface RenderedFile {
  readonly file: string;
  readonly outcome: "rendered" | "rejected" | "failed";
  readonly reason: RejectedReason | FailedReason | null;
  readonly message: string | null;
  /** The damage of a source that was rendered despite it. */
  readonly damaged: string | null;
  /** A property that could not be read is null. */
  readonly source: {
    readonly format: string | null;
    readonly width: number | null;
    readonly height: number | null;
    readonly bytes: number;
    readonly pages: number | null;
  };
  /** Its lane in the fleet. */
  readonly lane: Lane;
  readonly renditions: readonly RenderedRendition[];
  readonly ms: number;
}

export interface RenderedRendition {
  readonly preset: string;
  /** The file that was written. */
  readonly path: string;
  readonly format: OutputFormat;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** How much smaller it is than the source, in percent; null for a size that is not the source's. */
  readonly savedPercent: number | null;
  /** The size that the preset specifies, in px, if its format cannot hold it. */
  readonly boundedFrom: { readonly width: number; readonly height: number } | null;
}
