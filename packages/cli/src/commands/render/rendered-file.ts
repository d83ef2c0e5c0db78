import type { FailedReason, Lane, RejectedReason } from "@imagefleet/core/outcome";
import type { OutputFormat } from "@imagefleet/core/recipe";

/** What became of a file: a line of `--json`. Sizes in px and bytes, time in ms. */
export interface RenderedFile {
  readonly file: string;
  readonly outcome: "rendered" | "rejected" | "failed";
  readonly reason: RejectedReason | FailedReason | null;
  readonly message: string | null;
  /** Why the source is damaged, where it was rendered all the same. */
  readonly damaged: string | null;
  /** What could not be read of it is null. */
  readonly source: {
    readonly format: string | null;
    readonly width: number | null;
    readonly height: number | null;
    readonly bytes: number;
    readonly pages: number | null;
  };
  /** The lane that it would take in the fleet. */
  readonly lane: Lane;
  readonly renditions: readonly RenderedRendition[];
  readonly ms: number;
}

export interface RenderedRendition {
  readonly preset: string;
  /** Where it was written. */
  readonly path: string;
  readonly format: OutputFormat;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** What it saves of the source's bytes, in percent; null for another size than the source's. */
  readonly savedPercent: number | null;
  /** What its preset asks for, in px, where that is more than its format can hold. */
  readonly boundedFrom: { readonly width: number; readonly height: number } | null;
}
