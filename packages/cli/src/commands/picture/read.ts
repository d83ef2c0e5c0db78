import { type ImageItem, openTable } from "@imagefleet/core/catalog";
import type { DeadLetter } from "@imagefleet/core/queue";
import type { Recipe } from "@imagefleet/core/recipe";
import { RenditionStore } from "@imagefleet/core/store";
import type { Connection } from "../../connection/connect.ts";
import { deployedPrefix } from "../../connection/stage/names.ts";
import { namedTable } from "../../connection/table.ts";
import { survey, warnings as surveyWarnings } from "../../dead-letters/survey.ts";
import { deliveryOf } from "../../delivery/delivery.ts";
import { sourceState } from "../../sources/state.ts";
import { historyOf } from "./history.ts";
import { judge } from "./judge.ts";
import { type LogLine, logLines } from "./logs.ts";
import { type Looked, look } from "./look.ts";
import { named } from "./named.ts";
import type { Picture, PictureOptions } from "./picture.ts";
import { sourceVersions } from "./versions.ts";

/**
 * Reads everything about the source that is named. What the role may not read is a warning in the result.
 *
 * @throws UsageError for a name or a bucket that is wrong
 */
export async function readPicture(
  options: PictureOptions,
  recipe: Recipe,
  connection: Connection,
  signal: AbortSignal,
): Promise<Picture> {
  const { s3 } = connection;
  const warnings: string[] = [];
  /** What the role may not read, or what the fleet does not have, is a warning: the rest is shown. */
  const tried = async <T>(what: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (signal.aborted) return undefined;
      warnings.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  const sourceBucket = await connection.bucket("sourceBucket");
  const renditions = new RenditionStore(s3, await connection.bucket("renditionBucket"));
  const buckets = { sourceBucket, renditionBucket: renditions.bucket };
  const { key, source } = await sourceOf(options, recipe, buckets, connection);
  const at = { bucket: sourceBucket, key, source };
  const [looked, queues, item, url] = await Promise.all([
    tried("The renditions are not known", () => look(recipe, at, renditions, signal)),
    options.deadLetters
      ? tried("The dead letters are not known", () => queuesOf(at, options, connection, signal))
      : undefined,
    tried("The item of the catalog is not known", () => itemOf(key, options, connection, signal)),
    options.url ??
      tried("The addresses are not known", async () => {
        return (await deliveryOf(connection, options.connection, "--url https://HOST")).url;
      }),
  ]);
  warnings.push(...(queues?.warnings ?? []));
  const isVersioned = source.state === "present" && source.versionId !== null;
  const versions = isVersioned
    ? await tried("The versions of the source are not known (s3:ListBucketVersions)", () =>
        sourceVersions(s3, sourceBucket, key),
      )
    : undefined;
  const deadLetters = queues?.deadLetters;
  const logged = options.logs ? await logsOf(options, key, looked, connection, signal) : undefined;
  const seen: Looked = looked ?? {
    ...at,
    notASource: undefined,
    manifestKey: undefined,
    stored: undefined,
    renditions: [],
  };
  const judgement =
    looked === undefined
      ? { state: "unknown" as const, why: warnings.slice(0, 1), renditions: [] }
      : judge(looked, recipe, {
          inLanes: queues?.inLanes,
          deadAt: (deadLetters ?? []).map(({ lastAttemptAt }) => lastAttemptAt),
        });
  return {
    looked: seen,
    recipe,
    judgement,
    url,
    deadLetters,
    history: historyOf(seen, versions ?? [], deadLetters ?? [], item),
    logs: logged?.lines,
    logsWarning: logged?.warning,
    warnings,
  };
}

async function logsOf(
  { since }: PictureOptions,
  key: string,
  looked: Looked | undefined,
  connection: Connection,
  signal: AbortSignal,
): Promise<{ readonly lines?: readonly LogLine[]; readonly warning?: string }> {
  const { clients } = connection;
  if (clients === undefined) {
    return {
      warning: "A local fleet keeps no log: npm start prints the warnings of its programs.",
    };
  }
  try {
    const { url } = (await connection.lanes()).small.queue;
    const prefix = deployedPrefix(url);
    if (prefix === undefined) {
      return {
        warning: `The log groups are not known: ${url} is no queue that a deployment named.`,
      };
    }
    const keys = [key, ...(looked?.renditions ?? []).map((each) => each.key)];
    const { lines, warnings } = await logLines(clients, prefix, { keys, since, signal });
    return { lines, ...(warnings.length > 0 && { warning: warnings.join(" ") }) };
  } catch (error) {
    return {
      warning: `The logs are not known: ${error instanceof Error ? error.message : String(error)}.`,
    };
  }
}

/** The source that is named: the key itself if there is such a source, or if it can be nothing else. */
async function sourceOf(
  { name }: PictureOptions,
  recipe: Recipe,
  buckets: { readonly sourceBucket: string; readonly renditionBucket: string },
  { s3 }: Connection,
): Promise<Pick<Looked, "key" | "source">> {
  const { key, sourceOf } = await named(recipe, name, buckets);
  const stateOf = (each: string) => sourceState(s3, buckets.sourceBucket, each);
  if (key !== undefined) {
    const source = await stateOf(key);
    const isThere = source.state === "present" && !source.own;
    if (isThere || sourceOf === undefined) return { key, source };
  }
  const other = sourceOf ?? "";
  return { key: other, source: await stateOf(other) };
}

interface Queues {
  readonly inLanes: number;
  readonly deadLetters: readonly DeadLetter[];
  readonly warnings: readonly string[];
}

/** The dead letters of a source, which are released at once, and the number of messages in the lanes. */
async function queuesOf(
  { bucket, key }: Pick<Looked, "bucket" | "key">,
  { lease }: PictureOptions,
  connection: Connection,
  signal: AbortSignal,
): Promise<Queues> {
  const { small, large } = await connection.lanes();
  const counts = [await small.queue.counts(), await large.queue.counts()];
  const found = await survey(
    connection,
    { source: { bucket, key } },
    { leaseSeconds: lease, signal },
  );
  return {
    inLanes: counts.reduce((sum, { waiting, inFlight }) => sum + waiting + inFlight, 0),
    deadLetters: found.deadLetters,
    warnings: surveyWarnings(found),
  };
}

/** Undefined where no table is known, as in a fleet without a catalog. */
async function itemOf(
  key: string,
  { connection: { fleet } }: PictureOptions,
  connection: Connection,
  signal: AbortSignal,
): Promise<ImageItem | undefined> {
  const table = namedTable(connection, fleet);
  if (table === undefined) return undefined;
  try {
    return await openTable(table.value, connection.dynamo).get(key, signal);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const isAbsent = cause instanceof Error && cause.name === "ResourceNotFoundException";
    // A local fleet may have been started without its catalog.
    if (isAbsent && connection.clients === undefined) return undefined;
    throw error;
  }
}
