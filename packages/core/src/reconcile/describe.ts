import { randomUUID } from "node:crypto";
import type { Job } from "../intake/index.ts";
import type { Manifest, OpenSource, StoredManifest, Tombstone } from "../store/index.ts";
import type { Made } from "./make.ts";
import { srcsetOf } from "./srcset.ts";

/** The manifest of a rendered or rejected source. */
export function describe(
  job: Job,
  source: OpenSource,
  made: Exclude<Made, { kind: "tooCostly" }>,
  fingerprint: string,
  stale: string[],
  over: StoredManifest | undefined,
  rejectedBy: string,
): Manifest {
  const { bucket, key } = job;
  const { etag, bytes, name } = source;
  const old = over?.manifest;
  const isSameState =
    old?.source.etag === etag && (old.rejected !== undefined) === (made.kind === "rejected");
  const named = name !== undefined && { name };
  const common = {
    version: 1,
    ...written(old ?? over?.tombstone, isSameState),
    recipe: fingerprint,
    stale,
  } as const;
  if (made.kind === "rejected") {
    const { reason, message } = made.rejection;
    return {
      ...common,
      source: { bucket, key, etag, bytes, ...named },
      rejected: { reason, message, by: rejectedBy },
      renditions: [],
    };
  }
  const { format, width, height } = made.info;
  return {
    ...common,
    source: { bucket, key, etag, bytes, format, width, height, ...named },
    ...(made.damaged !== undefined && { damaged: { message: made.damaged } }),
    ...(made.placeholder && { placeholder: made.placeholder }),
    // A preset is in one of the two lists as a whole.
    srcset: srcsetOf([...made.renditions, ...made.onRequest]),
    renditions: made.renditions,
    ...(made.onRequest.length > 0 && { onRequest: made.onRequest }),
  };
}

/** The manifest with other keys to remove: those that were made on request of something else. */
export function withStale(manifest: Manifest, stale: string[]): Manifest {
  return { ...manifest, ...written(manifest, true), stale };
}

/** The manifest after its stale renditions were removed. */
export function settled(manifest: Manifest): Manifest {
  return withStale(manifest, []);
}

/** The tombstone of a deleted source. */
export function tombstone({ bucket, key }: Job, over: StoredManifest | undefined): Tombstone {
  return {
    version: 1,
    ...written(over?.manifest ?? over?.tombstone, over?.tombstone !== undefined),
    removed: true,
    source: { bucket, key },
  };
}

/**
 * The fields that are new in each version.
 *
 * @param over the version that it replaces
 * @param isSameState whether the source was the same, so that an application need not hear of it
 */
function written(
  over: { readonly seq: number; readonly since?: number | undefined } | undefined,
  isSameState: boolean,
) {
  const now = Date.now();
  const seq = Math.max(now, (over?.seq ?? 0) + 1);
  return {
    revision: randomUUID(),
    seq,
    since: isSameState ? (over?.since ?? over?.seq ?? seq) : seq,
    at: new Date(now).toISOString(),
  };
}
