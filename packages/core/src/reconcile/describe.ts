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
  const { etag, bytes } = source;
  const common = {
    version: 1,
    ...written(over?.manifest ?? over?.tombstone),
    recipe: fingerprint,
    stale,
  } as const;
  if (made.kind === "rejected") {
    const { reason, message } = made.rejection;
    return {
      ...common,
      source: { bucket, key, etag, bytes },
      rejected: { reason, message, by: rejectedBy },
      renditions: [],
    };
  }
  const { format, width, height } = made.info;
  return {
    ...common,
    source: { bucket, key, etag, bytes, format, width, height },
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
  return { ...manifest, ...written(manifest), stale };
}

/** The manifest after its stale renditions were removed. */
export function settled(manifest: Manifest): Manifest {
  return withStale(manifest, []);
}

/** The tombstone of a deleted source. */
export function tombstone({ bucket, key }: Job, over: StoredManifest | undefined): Tombstone {
  return {
    version: 1,
    ...written(over?.manifest ?? over?.tombstone),
    removed: true,
    source: { bucket, key },
  };
}

/** The fields that are new in each version. @param over the version that it replaces */
function written(over: { readonly seq: number } | undefined) {
  const now = Date.now();
  return {
    revision: randomUUID(),
    seq: Math.max(now, (over?.seq ?? 0) + 1),
    at: new Date(now).toISOString(),
  };
}
