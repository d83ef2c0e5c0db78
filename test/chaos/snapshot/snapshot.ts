import type { Rgb } from "../sources/index.ts";
import type { DeadLetter } from "./dead-letters.ts";

/** What a manifest says, as far as it is held against the world. */
export interface ManifestView {
  readonly etag: string;
  readonly rejected: string | undefined;
  /** The renditions' ETags and sizes in px by key. */
  readonly renditions: ReadonlyMap<string, { etag: string; width: number; height: number }>;
}

/** The picture in a rendition; sizes in px. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** The mean of all pixels. */
  readonly color: Rgb;
}

/** All that is stored and dead once nothing moves any more. */
export interface Snapshot {
  /** ETags of the sources by key. */
  readonly sources: ReadonlyMap<string, string>;
  /** ETags of all that is in the rendition bucket, by key. */
  readonly stored: ReadonlyMap<string, string>;
  /** By their own keys; undefined where one cannot be read as one. */
  readonly manifests: ReadonlyMap<string, ManifestView | undefined>;
  /** By the rendition's key; undefined where it is no picture. */
  readonly pixels: ReadonlyMap<string, Pixels | undefined>;
  readonly deadLetters: readonly DeadLetter[];
}
