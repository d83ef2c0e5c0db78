import type { Rgb } from "../sources/index.ts";
import type { DeadLetter } from "./dead-letters.ts";

/** The fields of a manifest that are checked. */
export interface ManifestView {
  readonly etag: string;
  readonly rejected: string | undefined;
  /** The renditions' ETags and sizes in px by key. */
  readonly renditions: ReadonlyMap<string, { etag: string; width: number; height: number }>;
  /** The sizes in px of renditions that may be stored, by key. */
  readonly onRequest: ReadonlyMap<string, { width: number; height: number }>;
}

/** The picture in a rendition; sizes in px. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** The mean of all pixels. */
  readonly color: Rgb;
}

/** The stored objects and dead letters after the queues are empty. */
export interface Snapshot {
  /** ETags of the sources by key. */
  readonly sources: ReadonlyMap<string, string>;
  /** ETags of the objects in the rendition bucket, by key. */
  readonly stored: ReadonlyMap<string, string>;
  /** Manifests by their keys; undefined for an invalid one. */
  readonly manifests: ReadonlyMap<string, ManifestView | undefined>;
  /** Pictures by the rendition's key; undefined for an invalid one. */
  readonly pixels: ReadonlyMap<string, Pixels | undefined>;
  readonly deadLetters: readonly DeadLetter[];
}

/** The same, with what only the check of the catalog reads. */
export interface FullSnapshot extends Snapshot {
  /** All manifests and tombstones as they are stored. */
  readonly versions: readonly string[];
}
