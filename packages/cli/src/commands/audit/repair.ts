import type { S3Client } from "@aws-sdk/client-s3";
import type { Job } from "@imagefleet/core/intake";
import type { Lane } from "@imagefleet/core/outcome";
import type { Queue } from "@imagefleet/core/queue";
import { type Recipe, whyNotASource } from "@imagefleet/core/recipe";
import { RenditionStore } from "@imagefleet/core/store";
import * as v from "valibot";
import type { Consumers, MaxDepth } from "../../feed/depth.ts";
import { Feeder } from "../../feed/feeder.ts";
import { many } from "../../terminal/format.ts";
import type { AuditTotals } from "./finding.ts";
import { Lookup } from "./lookup.ts";

/** What a repair does, and what it does not do. */
export interface RepairPlan {
  readonly text: string;
  /** Remove the objects of deleted sources? */
  readonly orphans: boolean;
  /** Remove the objects that no preset writes any more? */
  readonly unwritten: boolean;
  readonly tombstones: boolean;
  readonly nothing: boolean;
  /** What is not done, with the reason. */
  readonly held: readonly string[];
}

/** This many orphans are normal. More, with few sources, suggest a wrong bucket. */
const FEW_ORPHANS = 100;
const MOST_SHARE = 0.2;

/**
 * Plans a repair. A job is always harmless, a removal is not: with a recipe that is not the fleet's, or
 * with a wrong bucket, an audit finds orphans everywhere.
 */
export function plan(
  { findings, unwritten: dropped, sources }: AuditTotals,
  removeMany: boolean,
): RepairPlan {
  const jobs = findings.unrendered + findings.stale + findings.missing + findings.unlisted;
  const gone = findings.orphan - dropped;
  // A dropped preset leaves many orphans. Without any source, their sources are missing as well.
  const suspects = sources === 0 ? findings.orphan : gone;
  const tooMany = suspects > FEW_ORPHANS && suspects > sources * MOST_SHARE && !removeMany;
  const orphans = gone > 0 && !tooMany;
  const isUpToDate = findings.unrendered + findings.stale === 0;
  const unwritten = dropped > 0 && !tooMany && isUpToDate;
  const tombstones = findings.tombstone > 0;
  const parts = [
    ...(jobs > 0 ? [`enqueue ${many(jobs, "job")}`] : []),
    ...(orphans ? [`remove ${many(gone, "object")} whose source is deleted`] : []),
    ...(unwritten ? [`remove ${many(dropped, "object")} that no preset writes any more`] : []),
    ...(tombstones ? [`remove ${many(findings.tombstone, "tombstone")}`] : []),
  ];
  const text = parts.join(" and ");
  return {
    text: text.charAt(0).toUpperCase() + text.slice(1),
    orphans,
    unwritten,
    tombstones,
    nothing: parts.length === 0,
    held: [
      ...(tooMany
        ? [
            `${many(suspects, "orphan")} without a source, and only ${many(sources, "source")}: --source-bucket may be wrong. Orphans are removed only with --remove-many`,
          ]
        : []),
      ...(dropped > 0 && !tooMany && !isUpToDate
        ? [
            `${many(dropped, "object")} that no preset writes any more may still be in a manifest: run --repair again when every source is up to date`,
          ]
        : []),
    ],
  };
}

const lineSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ kind: v.string(), key: v.string(), source: v.optional(v.nullable(v.string())) }),
);

interface RepairInput {
  readonly s3: S3Client;
  readonly sourceBucket: string;
  readonly renditionBucket: string;
  readonly recipe: Recipe;
  readonly queues: Readonly<Record<Lane, Queue>>;
  readonly maxDepth: MaxDepth;
  readonly consumers: Consumers;
  readonly signal: AbortSignal;
}

const CHUNK = 200;

/**
 * Enqueues a job for every incomplete and every deleted source. The fleet itself removes the objects of
 * a deleted source, which is safe against a concurrent upload. This function removes only objects that
 * no job of the present recipe would find.
 */
export async function repair(
  lines: AsyncIterable<string>,
  { orphans, unwritten, tombstones }: RepairPlan,
  input: RepairInput,
): Promise<{ readonly text: string }> {
  const { sourceBucket: bucket, recipe, signal } = input;
  const feeder = new Feeder({ ...input, group: "audit" });
  const lookup = new Lookup(input);
  const store = new RenditionStore(input.s3, input.renditionBucket);
  let jobs: Job[] = [];
  let removed = 0;
  let last: string | undefined;
  const job = async (key: string) => {
    // Some orphans of one source are adjacent; a second job for it is harmless.
    if (key === last) return;
    last = key;
    // With `mayHaveRun`, the attempt does not trust a manifest that is up to date.
    jobs.push({ bucket, key, mayHaveRun: true, force: false });
    if (jobs.length < CHUNK) return;
    const some = jobs;
    jobs = [];
    await feeder.feed(some);
  };
  for await (const line of lines) {
    if (signal.aborted) break;
    const { kind, key, source } = v.parse(lineSchema, line);
    if (["unrendered", "stale", "missing", "unlisted"].includes(kind)) await job(key);
    if (kind === "tombstone" && tombstones && (await store.removeTombstone(key, signal))) removed++;
    if (kind !== "orphan") continue;
    if (source && whyNotASource(recipe, source) === undefined) {
      if (orphans) await job(source);
    } else if (source ? orphans : unwritten) {
      // The state may have changed since the audit.
      const still = await lookup.unexpected({ key });
      if (still?.kind !== "orphan") continue;
      await store.remove([key], signal);
      removed++;
    }
  }
  await feeder.feed(jobs);
  const sent = feeder.sent.small + feeder.sent.large;
  const also = removed === 0 ? "" : `, ${many(removed, "object")} removed`;
  return { text: `${many(sent, "job")} enqueued${also}; run audit again when the lanes are empty` };
}
