import type { S3Client } from "@aws-sdk/client-s3";
import type { Job } from "@imagefleet/core/intake";
import type { Lane } from "@imagefleet/core/outcome";
import type { Queue } from "@imagefleet/core/queue";
import { type Recipe, whyNotASource } from "@imagefleet/core/recipe";
import { RenditionStore } from "@imagefleet/core/store";
import * as v from "valibot";
import type { Consumers, MaxDepth } from "../../feed/depth.ts";
import { Feeder } from "../../feed/feeder.ts";
import { many } from "../../terminal/thousands.ts";
import type { AuditTotals } from "./finding.ts";
import { Lookup } from "./lookup.ts";

/** What a repair would do, and what it leaves alone. */
export interface RepairPlan {
  readonly text: string;
  /** May what is left of sources that are gone go? */
  readonly orphans: boolean;
  /** May objects go that no preset writes any more? */
  readonly unwritten: boolean;
  readonly tombstones: boolean;
  readonly nothing: boolean;
  /** What is not done, and why. */
  readonly held: readonly string[];
}

/** So many orphans are a fleet's everyday; more, beside few sources, are a wrong bucket. */
const FEW_ORPHANS = 100;
const MOST_SHARE = 0.2;

/**
 * What may be repaired. A source's job is always harmless; what removes must be sure:
 * an audit with another recipe than the fleet's, or of a wrong bucket, sees orphans everywhere.
 */
export function plan(
  { findings, unwritten: dropped, sources }: AuditTotals,
  removeMany: boolean,
): RepairPlan {
  const jobs = findings.unrendered + findings.stale + findings.missing + findings.unlisted;
  const gone = findings.orphan - dropped;
  // What a recipe dropped is many by right. Where there is no source at all, its sources are gone too.
  const suspects = sources === 0 ? findings.orphan : gone;
  const tooMany = suspects > FEW_ORPHANS && suspects > sources * MOST_SHARE && !removeMany;
  const orphans = gone > 0 && !tooMany;
  const isUpToDate = findings.unrendered + findings.stale === 0;
  const unwritten = dropped > 0 && !tooMany && isUpToDate;
  const tombstones = findings.tombstone > 0;
  const parts = [
    ...(jobs > 0 ? [`enqueue ${many(jobs, "job")}`] : []),
    ...(orphans ? [`remove ${many(gone, "object")} whose source is gone`] : []),
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
            `${many(suspects, "orphan")} whose source is not there, beside ${many(sources, "source")}: is --source-bucket the right one? No orphan is removed unless --remove-many is given`,
          ]
        : []),
      ...(dropped > 0 && !tooMany && !isUpToDate
        ? [
            `${many(dropped, "object")} that no preset writes any more: removed by a later --repair, once every source is up to date; until then a manifest may list them`,
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
 * Enqueues a job for every source that is not complete, and for every source that is gone: the fleet
 * itself removes what is left of it, safe against an upload that comes meanwhile. Only what no job of
 * today's recipe would find is removed from here.
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
    // The orphans of one source stand one after the other in part; a second job of it is harmless.
    if (key === last) return;
    last = key;
    // As begun before: no shortcut by a manifest that says all is well.
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
      // Looked at once more: what is sure now was only likely then.
      const still = await lookup.unexpected({ key });
      if (still?.kind !== "orphan") continue;
      await store.remove([key], signal);
      removed++;
    }
  }
  await feeder.feed(jobs);
  const sent = feeder.sent.small + feeder.sent.large;
  const also = removed === 0 ? "" : `, ${many(removed, "object")} removed`;
  return { text: `${many(sent, "job")} enqueued${also}; when the lanes are empty, audit again` };
}
