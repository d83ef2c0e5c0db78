import { randomUUID } from "node:crypto";
import type { Job } from "../intake/index.ts";
import type { Manifest, OpenSource } from "../store/index.ts";
import type { Made } from "./make.ts";
import { srcsetOf } from "./srcset.ts";

/** The manifest of what was made, or of why nothing was. */
export function describe(
  job: Job,
  source: OpenSource,
  made: Exclude<Made, { kind: "tooCostly" }>,
  fingerprint: string,
  stale: string[],
): Manifest {
  const { bucket, key } = job;
  const { etag, bytes } = source;
  const common = {
    version: 1,
    revision: randomUUID(),
    recipe: fingerprint,
    stale,
    at: new Date().toISOString(),
  } as const;
  if (made.kind === "rejected") {
    const { reason, message } = made.rejection;
    return {
      ...common,
      source: { bucket, key, etag, bytes },
      rejected: { reason, message },
      renditions: [],
    };
  }
  const { format, width, height } = made.info;
  return {
    ...common,
    source: { bucket, key, etag, bytes, format, width, height },
    ...(made.damaged !== undefined && { damaged: { message: made.damaged } }),
    ...(made.placeholder && { placeholder: made.placeholder }),
    srcset: srcsetOf(made.renditions),
    renditions: made.renditions,
  };
}

/** The same once nothing is left to be removed. */
export function settled(manifest: Manifest): Manifest {
  return { ...manifest, revision: randomUUID(), stale: [] };
}
