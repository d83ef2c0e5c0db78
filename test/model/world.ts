import type { Notification } from "@imagefleet/core/catalog";
import { jobMessage } from "@imagefleet/core/intake";
import type { Lane } from "@imagefleet/core/outcome";
import { manifestKey, renditionKey } from "@imagefleet/core/plan";
import { type Recipe, recipeFingerprint } from "@imagefleet/core/recipe";
import type { Manifest, Tombstone } from "@imagefleet/core/store";
import { LATE_WRITE_SECONDS } from "../../packages/core/src/attempt/attempt.ts";
import type { Chance } from "./chance.ts";
import { ENCODER } from "./codec.ts";
import { RECIPES } from "./recipes.ts";
import { ModelS3, RENDITIONS, SOURCES } from "./s3.ts";
import type { Call, Session } from "./session.ts";
import { ModelQueue } from "./sqs.ts";
import { ModelTable, manifestEvent } from "./table.ts";

export const KEY = "a.jpg";
const LEASE_MS = 60_000;
/** After this time a delivery is killed, s. */
export const DELIVERY_SECONDS = 25;

export interface ModelLane {
  readonly name: Lane;
  readonly queue: ModelQueue;
  readonly deadLetters: ModelQueue;
}

/** Everything that outlives an attempt: buckets, queues, the time and the deployed recipe. */
export class World {
  readonly chance: Chance;
  readonly s3: ModelS3;
  readonly small: ModelLane;
  readonly large: ModelLane;
  /** The sources whose renditions caches are about to forget. */
  readonly invalidations: ModelQueue;
  /** The images whose items are to be looked at. */
  readonly catalog: ModelQueue;
  readonly table = new ModelTable();
  readonly published: Notification[] = [];
  /** Events of manifests that S3 has not delivered yet. */
  manifestEvents: string[] = [];
  /** There is a catalog. */
  hasCatalog = false;
  /** What an edge has in its cache, by key. It keeps it until an invalidation. */
  readonly cached = new Map<string, string>();
  now = 1_700_000_000_000;
  /** Events that S3 has not delivered yet. */
  events: string[] = [];
  /** The attempts in progress. */
  readonly running = new Map<Session, { readonly lane: ModelLane; readonly handle: string }>();
  /** The attempts that ended or crashed; some have calls in progress. */
  readonly ended: Session[] = [];
  readonly violations: string[] = [];
  /** Writes that were given up and may still take effect, until a time in ms. */
  late: { readonly call: Call; readonly until: number }[] = [];
  /** The ETags of contents with a dead letter of their rejection. */
  readonly rejected = new Set<string>();
  /** How often the source was changed, another recipe deployed, or a manifest forged. */
  changes = 0;
  /** The same content is uploaded and deleted in turn, with most events twice: ETags do not show that. */
  readonly isAlternating: boolean;
  /** The sources are pictures, and viewers request what is not stored: deliveries overlap with changes. */
  readonly isViewed: boolean;
  /** How many deliveries have started. */
  deliveries = 0;
  /** What the source has been, in order; undefined when there was none, or an object of the fleet. */
  readonly contents: (string | undefined)[] = [];
  /** The history has deployments. */
  deploys = false;
  /** The number of steps so far. */
  step = 0;
  /** The step at which the last tombstone was put. */
  #removedAt = 0;
  #versions = 0;
  readonly #uploaded: string[] = [];
  #recipe = 0;
  #older: number | undefined;

  constructor(chance: Chance, maxReceives: number) {
    this.chance = chance;
    this.isAlternating = chance.happens(0.3);
    this.isViewed = !this.isAlternating && chance.happens(0.2);
    this.s3 = new ModelS3((key, session, tagging) => {
      if (tagging !== undefined) this.#removedAt = this.step;
      if (!key.startsWith("manifests/")) {
        // What a delivery puts is checked by its job, so nothing excuses it.
        if (session.killedAt === undefined) session.uncommitted.add(key);
        else session.putAt = this.contents.length;
        return;
      }
      if (this.hasCatalog) {
        const event = manifestEvent(key, this.now);
        this.manifestEvents.push(event);
        if (this.chance.happens(0.2)) this.manifestEvents.push(event);
      }
      session.uncommitted.clear();
      for (const other of this.running.keys()) if (other !== session) other.isRepeated = false;
    });
    const lane = (name: Lane): ModelLane => {
      const deadLetters = new ModelQueue(`https://sqs/${name}-dlq`, LEASE_MS);
      return {
        name,
        deadLetters,
        queue: new ModelQueue(`https://sqs/${name}`, LEASE_MS, { maxReceives, deadLetters }),
      };
    };
    // As in infra: deliveries that are in progress, and writes that were given up, have ended by then.
    const delaySeconds = DELIVERY_SECONDS + LATE_WRITE_SECONDS;
    this.invalidations = new ModelQueue("https://sqs/invalidations", LEASE_MS, { delaySeconds });
    this.catalog = new ModelQueue("https://sqs/catalog", LEASE_MS);
    this.small = lane("small");
    this.large = lane("large");
  }

  get lanes(): readonly ModelLane[] {
    return [this.small, this.large];
  }

  /** Grows with each end of an attempt and each change, for which a resting attempt waits. */
  get progress(): number {
    return this.ended.length + this.changes;
  }

  get recipe(): Recipe {
    const recipe = RECIPES[this.#recipe % RECIPES.length];
    if (!recipe) throw new Error("there is no recipe");
    return recipe;
  }

  get recipeNumber(): number {
    return this.#recipe;
  }

  get #queues(): readonly ModelQueue[] {
    const lanes = this.lanes.flatMap(({ queue, deadLetters }) => [queue, deadLetters]);
    return [...lanes, this.invalidations, this.catalog];
  }

  queue(url: string): ModelQueue {
    const found = this.#queues.find((queue) => queue.url === url);
    if (!found) throw new Error(`there is no queue ${url}`);
    return found;
  }

  /** When the next hidden message is visible; undefined if none is hidden. */
  get nextVisibleAt(): number | undefined {
    const hidden = this.#queues.flatMap((queue) => queue.hidden(this.now));
    return hidden.length === 0 ? undefined : Math.min(...hidden.map(({ visibleAt }) => visibleAt));
  }

  /** The stored manifest or tombstone of the source. */
  storedManifest(recipe: Recipe): Manifest | Tombstone | undefined {
    const stored = this.s3.get(RENDITIONS, manifestKey(recipe, KEY));
    return stored && JSON.parse(Buffer.from(stored.body).toString());
  }

  /** Gives up writes: each takes effect within the time that attempts allow, or never. */
  giveUp(calls: readonly Call[], at = this.now): void {
    const until = at + LATE_WRITE_SECONDS * 1000;
    this.late.push(...calls.map((call) => ({ call, until })));
  }

  /** After a crash a message stays hidden for at least a part of its lease, because of the heartbeat. */
  hideAfterCrash(session: Session): void {
    const { lane, handle } = this.running.get(session) ?? {};
    const message = handle === undefined ? undefined : lane?.queue.held(handle, this.now);
    if (message === undefined) return;
    message.visibleAt = Math.max(message.visibleAt, this.now + LATE_WRITE_SECONDS * 1000);
  }

  /** An edge caches what it has not cached yet. */
  cache(key: string, body: string): void {
    if (!this.cached.has(key)) this.cached.set(key, body);
  }

  /** An edge reads a stored rendition for a viewer. @returns its key; undefined if it has them all */
  view(): string | undefined {
    const keys = this.s3.keys(RENDITIONS).filter((key) => {
      return key.includes(KEY) && !key.startsWith("manifests/") && !this.cached.has(key);
    });
    if (keys.length === 0) return undefined;
    const key = this.chance.of(keys);
    this.cache(key, Buffer.from(this.s3.get(RENDITIONS, key)?.body ?? []).toString());
    return key;
  }

  /** The edges forget what they have of the source. */
  invalidate(): void {
    this.invalidations.take(this.chance.of(this.invalidations.visible(this.now)));
    this.cached.clear();
  }

  /** A key that any recipe makes of the source; mostly one that is not stored. */
  requestedKey(): string | undefined {
    const keys = RECIPES.flatMap((recipe) =>
      recipe.presets.map((preset) => renditionKey(recipe, preset, KEY)),
    );
    const missing = keys.filter((key) => this.s3.get(RENDITIONS, key) === undefined);
    const lazy = missing.filter((key) => /^(tail|hero)/.test(key));
    const some = this.chance.happens(0.1) ? keys : this.chance.happens(0.7) ? lazy : missing;
    return some.length === 0 ? undefined : this.chance.of(some);
  }

  /** Uploads, overwrites or deletes the source. S3 sends an event, sometimes twice. */
  changeSource(): string {
    this.changes += 1;
    const body = this.#nextContent();
    if (body === undefined) this.s3.remove(SOURCES, KEY);
    else {
      const own = body.startsWith("own") ? { imagefleet: "0123" } : undefined;
      this.s3.put(SOURCES, KEY, Buffer.from(body), own);
    }
    this.contents.push(body?.startsWith("own") ? undefined : body);
    const event = s3Event(body?.length, this.now);
    this.events.push(event);
    if (this.chance.happens(this.isAlternating ? 0.7 : 0.3)) this.events.push(event);
    return body ?? "nothing";
  }

  #nextContent(): string | undefined {
    const { chance } = this;
    const earlier = this.#uploaded;
    if (this.isAlternating) {
      return this.s3.get(SOURCES, KEY) === undefined ? "picture 1 90x40" : undefined;
    }
    if (earlier.length > 0 && chance.happens(0.25)) return chance.of(earlier);
    this.#versions += 1;
    if (this.isViewed && chance.happens(0.9)) {
      const spaces = " ".repeat(chance.happens(0.3) ? 60 : 0);
      return `picture ${this.#versions} 90x40${spaces}`;
    }
    const content = chance.of([
      undefined,
      undefined,
      "",
      `broken ${this.#versions}`,
      // A rendition in the place of the source.
      `own ${this.#versions}`,
      `picture ${this.#versions} 15x15`,
      `picture ${this.#versions} 90x40`,
      `picture ${this.#versions} 300x200`,
      `picture ${this.#versions} 300x200`,
      // Too many bytes, and too many pixels, for the small lane.
      `picture ${this.#versions} 90x40${" ".repeat(60)}`,
      `picture ${this.#versions} 8000x8000`,
    ]);
    if (content !== undefined) earlier.push(content);
    return content;
  }

  deploy(): void {
    this.changes += 1;
    if (this.#older === undefined) this.#older = this.#recipe;
    this.#recipe += 1 + this.chance.below(RECIPES.length - 1);
  }

  /**
   * Whether the tombstone may expire. It exists for two days, which is longer than any attempt, any
   * projection, and any write that was given up.
   *
   * @param projections those in progress
   */
  mayExpire(projections: readonly Session[]): boolean {
    const isTagged = this.s3.get(RENDITIONS, manifestKey(this.recipe, KEY))?.tagging !== undefined;
    const isOlder = projections.some(({ startedAt }) => startedAt <= this.#removedAt);
    return isTagged && !isOlder && !this.#isOlder(this.#removedAt);
  }

  /** Whether there is an attempt, or a write that was given up, from before that step. */
  #isOlder(step: number): boolean {
    if (this.late.length > 0) return true;
    const lingering = this.ended.filter(({ calls }) => calls.length > 0);
    return [...this.running.keys(), ...lingering].some(({ startedAt }) => startedAt <= step);
  }

  /** Removes the tombstone, as the lifecycle rule or the audit does. */
  expire(): void {
    this.s3.remove(RENDITIONS, manifestKey(this.recipe, KEY));
  }

  /** During a rolling deployment, programs with the older recipe still start attempts. */
  recipeOfNextProgram(): number {
    return this.#older !== undefined && this.chance.happens(0.5) ? this.#older : this.#recipe;
  }

  /** No program with the older recipe starts an attempt any more. Running attempts go on. */
  endDeployment(): void {
    this.#older = undefined;
  }

  /** Sends a job for the source, as `reprocess` does. */
  reprocess(): void {
    const at = this.now;
    const body = jobMessage({ bucket: SOURCES, key: KEY, at, mayHaveRun: false, force: false });
    this.small.queue.send(body, {}, this.now);
  }

  /** Whether the stored manifest contains the rejection of the current content by that recipe. */
  knowsRejected(recipe: Recipe): boolean {
    const manifest = this.storedManifest(recipe);
    const source = this.s3.get(SOURCES, KEY);
    if (source === undefined || source.metadata["imagefleet"]) return false;
    if (manifest === undefined || "removed" in manifest) return false;
    return (
      manifest.rejected !== undefined &&
      manifest.source.key === KEY &&
      manifest.source.etag === source.etag &&
      manifest.recipe === recipeFingerprint(recipe, ENCODER) &&
      manifest.stale.length === 0
    );
  }

  get isDeploying(): boolean {
    return this.#older !== undefined;
  }
}

function s3Event(size: number | undefined, now: number): string {
  return JSON.stringify({
    Records: [
      {
        eventSource: "aws:s3",
        eventTime: new Date(now).toISOString(),
        eventName: size === undefined ? "ObjectRemoved:Delete" : "ObjectCreated:Put",
        s3: {
          bucket: { name: SOURCES },
          object: { key: KEY, ...(size !== undefined && { size }) },
        },
      },
    ],
  });
}
