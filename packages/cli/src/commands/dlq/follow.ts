import { setTimeout as pause } from "node:timers/promises";
import { Failure, LANES, Rejection } from "@imagefleet/core/outcome";
import { manifestKey } from "@imagefleet/core/plan";
import type { DeadLetter } from "@imagefleet/core/queue";
import { type Recipe, whyNotASource } from "@imagefleet/core/recipe";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import pLimit from "p-limit";
import type { Connection } from "../../connection/connect.ts";
import { type Survey, survey } from "../../dead-letters/survey.ts";
import { present } from "../../present.ts";
import { thousands } from "../../terminal/format.ts";
import { showRepeatedly } from "../../terminal/progress.ts";
import type { Screen } from "../../terminal/screen.ts";

/** Manifests that are read concurrently, and how many in a round. */
const AT_ONCE = 48;
const IN_A_ROUND = 480;

/** The pause between two rounds, ms: it grows while no source settles. */
const PAUSE_MS = { cloud: [2_000, 15_000], local: [200, 2_000] } as const;
const GROWTH = 1.5;

/** Counts of SQS are approximate, and a delayed dead letter is counted before it can be read, ms. */
const READ_AT_LEAST_EVERY_MS = 60_000;

/** After so many rounds in a row in which S3 or SQS failed, the wait ends. */
const MAX_FAILED_ROUNDS = 5;

/** Dead letters that were redriven, by what became of their sources. */
export interface Settled {
  readonly rendered: number;
  readonly removed: number;
  /** Those whose sources are dead letters again, by reason. */
  readonly failedAgain: readonly { readonly reason: string; readonly deadLetters: number }[];
  /** Those whose sources had not settled when the wait ended. */
  readonly left: number;
  /** Those that name no source of the recipe, so that no manifest shows what became of them. */
  readonly notFollowed: number;
  /** Why the wait ended early, if not by Ctrl-C. */
  readonly error: string | null;
}

/** A source of which dead letters were redriven. */
interface Followed {
  readonly source: NonNullable<DeadLetter["source"]>;
  deadLetters: number;
  lastAttemptAt: number;
  redriveCount: number;
}

/**
 * Follows the sources of redriven dead letters, and no other, until each has settled, so that it ends on
 * a fleet that always has work. A redriven job takes no shortcut: it replaces the manifest, also an equal
 * one, or leaves a tombstone. So a source has settled when its manifest is another than before the
 * redrive and is about the source's present content, or when it has a dead letter that is newer than the
 * redriven one. Clocks are not compared with this machine's.
 */
export class Follow {
  readonly #connection: Connection;
  readonly #recipe: Recipe;
  readonly #renditions: RenditionStore;
  readonly #sources: SourceStore;
  readonly #leaseSeconds: number;
  /** The dead letters that existed before the redrive. */
  readonly #old: ReadonlySet<string>;
  /** By source, the ETag of what stood at the manifest's key before; undefined if nothing did. */
  readonly #before = new Map<string, string | undefined>();
  readonly #pending = new Map<string, Followed>();
  readonly #failedAgain = new Map<string, number>();
  readonly #limit = pLimit(AT_ONCE);
  readonly #never = new AbortController().signal;
  #rendered = 0;
  #removed = 0;
  #notFollowed = 0;
  /** The dead letters of both queues that are accounted for. */
  #expected: number;
  #readAt = performance.now();

  /** @param found of both lanes, before the redrive */
  constructor(
    connection: Connection,
    recipe: Recipe,
    renditionBucket: string,
    found: Survey,
    leaseSeconds: number,
  ) {
    this.#connection = connection;
    this.#recipe = recipe;
    this.#renditions = new RenditionStore(connection.s3, renditionBucket);
    this.#sources = new SourceStore(connection.s3);
    this.#leaseSeconds = leaseSeconds;
    this.#old = found.ids;
    this.#expected = found.lanes.reduce(
      (sum, { before }) => sum + before.waiting + before.inFlight,
      0,
    );
  }

  /** Looks at the manifests of dead letters, before their messages are sent. */
  async before(deadLetters: readonly DeadLetter[]): Promise<void> {
    await Promise.all(
      deadLetters.map(({ source }) =>
        this.#limit(async () => {
          if (!this.#isFollowed(source) || this.#before.has(nameOf(source))) return;
          const stored = await this.#stored(source);
          this.#before.set(nameOf(source), stored?.etag);
        }),
      ),
    );
  }

  /** Follows dead letters that are in their lanes by now and no longer in a dead-letter queue. */
  add(deadLetters: readonly DeadLetter[]): void {
    this.#expected -= deadLetters.length;
    for (const { source, lastAttemptAt, redriveCount } of deadLetters) {
      if (!this.#isFollowed(source)) {
        this.#notFollowed++;
        continue;
      }
      const followed = this.#pending.get(nameOf(source));
      this.#pending.set(nameOf(source), {
        source,
        deadLetters: (followed?.deadLetters ?? 0) + 1,
        lastAttemptAt: Math.max(followed?.lastAttemptAt ?? 0, lastAttemptAt),
        redriveCount: Math.max(followed?.redriveCount ?? 0, redriveCount),
      });
    }
  }

  #isFollowed(source: DeadLetter["source"]): source is Followed["source"] {
    return source !== undefined && whyNotASource(this.#recipe, source.key) === undefined;
  }

  /** Waits until every source has settled, until Ctrl-C, or until S3 or SQS has failed repeatedly. */
  async untilSettled(signal: AbortSignal, screen: Screen): Promise<Settled> {
    const total = this.#left();
    using _progress = showRepeatedly(screen, () => [
      present(
        `settled ${thousands(total - this.#left())} of ${thousands(total)}`,
        this.#failedAgain.size > 0 && `${thousands(sumOf(this.#failedAgain))} failed again`,
      ).join(", "),
    ]);
    const kind = this.#connection.consistencyDelaySeconds === 0 ? "local" : "cloud";
    const [first, longest] = PAUSE_MS[kind];
    let wait: number = first;
    let failedRounds = 0;
    while (this.#pending.size > 0 && !signal.aborted) {
      const size = this.#pending.size;
      try {
        await this.#round(signal);
        failedRounds = 0;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (++failedRounds === MAX_FAILED_ROUNDS) return this.#settled(error.message);
      }
      const settled = size - this.#pending.size;
      wait = settled > 0 ? first : Math.min(longest, wait * GROWTH);
      // The fleet handles messages roughly in the order in which they were sent.
      const isBehind = this.#pending.size > IN_A_ROUND && settled > IN_A_ROUND / 4;
      if (this.#pending.size === 0 || isBehind) continue;
      await pause(wait, undefined, { signal }).catch(() => undefined);
    }
    return this.#settled(null);
  }

  async #round(signal: AbortSignal): Promise<void> {
    const some = [...this.#pending.values()].slice(0, IN_A_ROUND);
    const looks = some.map((followed) =>
      this.#limit(async () => {
        if (signal.aborted) return;
        const state = await this.#stateOf(followed);
        // Those that have not settled are looked at again after all others.
        this.#pending.delete(nameOf(followed.source));
        if (state === undefined) this.#pending.set(nameOf(followed.source), followed);
        else if (state === "rendered") this.#rendered += followed.deadLetters;
        else if (state === "removed") this.#removed += followed.deadLetters;
        else {
          this.#fail(state, followed);
          this.#expected += followed.deadLetters;
        }
      }),
    );
    const failed = (await Promise.allSettled(looks)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
    if (this.#pending.size > 0 && !signal.aborted) await this.#readDeadLetters(signal);
  }

  /** What has become of a source since the redrive, or the reason of its rejection. */
  async #stateOf({ source }: Followed): Promise<string | undefined> {
    const stored = await this.#stored(source);
    if (stored === undefined || stored.etag === this.#before.get(nameOf(source))) return undefined;
    const { manifest, tombstone } = stored;
    const of = (manifest ?? tombstone)?.source;
    if (of === undefined || nameOf(of) !== nameOf(source)) return undefined;
    const content = await this.#sources.content(source.bucket, source.key, this.#never);
    if (manifest === undefined) return content === undefined ? "removed" : undefined;
    if (manifest.source.etag !== content || manifest.stale.length > 0) return undefined;
    return manifest.rejected?.reason ?? "rendered";
  }

  /** Nothing, if S3 takes no key as long as the manifest's: the job is rejected for that. */
  async #stored({ key }: Followed["source"]) {
    try {
      return await this.#renditions.manifest(manifestKey(this.#recipe, key), this.#never);
    } catch (error) {
      if (error instanceof Rejection) return undefined;
      throw error;
    }
  }

  /** Reads the dead letters only when there may be others, as this hides them from other readers. */
  async #readDeadLetters(signal: AbortSignal): Promise<void> {
    const queues = await this.#connection.lanes();
    const counts = await Promise.all(LANES.map((lane) => queues[lane].deadLetters.counts()));
    const count = counts.reduce((sum, { waiting, inFlight }) => sum + waiting + inFlight, 0);
    const isDue = performance.now() - this.#readAt > READ_AT_LEAST_EVERY_MS;
    if (count === this.#expected && !isDue) return;
    const options = { leaseSeconds: this.#leaseSeconds, signal };
    const { deadLetters } = await survey(this.#connection, {}, options);
    this.#expected = count;
    this.#readAt = performance.now();
    for (const { id, source, reason, lastAttemptAt, redriveCount } of deadLetters) {
      const followed = source && this.#pending.get(nameOf(source));
      if (followed === undefined || this.#old.has(id)) continue;
      // Another reader may have held an older one of the same source.
      if (lastAttemptAt <= followed.lastAttemptAt && redriveCount <= followed.redriveCount)
        continue;
      this.#pending.delete(nameOf(followed.source));
      this.#fail(reason, followed);
    }
  }

  #fail(reason: string, { deadLetters }: Followed): void {
    this.#failedAgain.set(reason, (this.#failedAgain.get(reason) ?? 0) + deadLetters);
  }

  #left(): number {
    return [...this.#pending.values()].reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  }

  #settled(error: string | null): Settled {
    const failedAgain = [...this.#failedAgain]
      .map(([reason, deadLetters]) => ({ reason, deadLetters }))
      .sort((a, b) => b.deadLetters - a.deadLetters || (a.reason < b.reason ? -1 : 1));
    return {
      rendered: this.#rendered,
      removed: this.#removed,
      failedAgain,
      left: this.#left(),
      notFollowed: this.#notFollowed,
      error,
    };
  }
}

/** Of a source: no bucket's name contains a slash. */
function nameOf({ bucket, key }: Followed["source"]): string {
  return `${bucket}/${key}`;
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** What became of redriven dead letters: `409 rendered, 3 failed again: SourceCorrupt`. */
export function settledText({
  rendered,
  removed,
  failedAgain,
  left,
  notFollowed,
}: Settled): string {
  const failed = failedAgain.reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  const [only, ...others] = failedAgain;
  const reasons =
    others.length === 0
      ? only?.reason
      : failedAgain
          .map(({ reason, deadLetters }) => `${thousands(deadLetters)} ${reason}`)
          .join(" and ");
  return present(
    rendered > 0 && `${thousands(rendered)} rendered`,
    removed > 0 && `${thousands(removed)} removed`,
    failed > 0 && `${thousands(failed)} failed again: ${reasons}`,
    left > 0 && `${thousands(left)} not settled yet`,
    notFollowed > 0 && `${thousands(notFollowed)} not followed, without a source of the recipe`,
  ).join(", ");
}
