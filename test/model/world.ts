import { jobMessage } from "@imagefleet/core/intake";
import type { Lane } from "@imagefleet/core/outcome";
import { manifestKey } from "@imagefleet/core/plan";
import { type Recipe, recipeFingerprint } from "@imagefleet/core/recipe";
import type { Manifest, Tombstone } from "@imagefleet/core/store";
import { LATE_WRITE_SECONDS } from "../../packages/core/src/attempt/attempt.ts";
import type { Chance } from "./chance.ts";
import { ENCODER } from "./codec.ts";
import { RECIPES } from "./recipes.ts";
import { ModelS3, RENDITIONS, SOURCES } from "./s3.ts";
import type { Call, Session } from "./session.ts";
import { ModelQueue } from "./sqs.ts";

export const KEY = "a.jpg";
const LEASE_MS = 60_000;

export interface ModelLane {
  readonly name: Lane;
  readonly queue: ModelQueue;
  readonly deadLetters: ModelQueue;
}

/** Buckets, queues, a clock, the recipe that is deployed: all that outlives an attempt. */
export class World {
  readonly chance: Chance;
  readonly s3: ModelS3;
  readonly small: ModelLane;
  readonly large: ModelLane;
  now = 1_700_000_000_000;
  /** Events that S3 has not delivered yet. */
  events: string[] = [];
  readonly mayHaveRun = new Map<Session, { readonly lane: ModelLane; readonly handle: string }>();
  /** Of those that ended or crashed, and of what they left on its way. */
  readonly ended: Session[] = [];
  readonly violations: string[] = [];
  /** Writes that were given up and may still take effect, until a time in ms. */
  late: { readonly call: Call; readonly until: number }[] = [];
  /** Contents, by their ETags, of which a dead letter says that they were rejected. */
  readonly told = new Set<string>();
  /** How often the source was changed, another recipe deployed, or a manifest forged. */
  changes = 0;
  /** One content that comes, goes and comes back, most events told twice: what absence and ETags cannot tell. */
  readonly isToAndFro: boolean;
  /** Another recipe is deployed at some time of this history. */
  deploys = false;
  /** Steps taken so far: what orders all that happens. */
  step = 0;
  /** The step at which the last tombstone was put. */
  #removedAt = 0;
  #versions = 0;
  readonly #contents: string[] = [];
  #recipe = 0;
  #older: number | undefined;

  constructor(chance: Chance, maxReceives: number) {
    this.chance = chance;
    this.isToAndFro = chance.happens(0.3);
    this.s3 = new ModelS3((key, session, tagging) => {
      if (tagging !== undefined) this.#removedAt = this.step;
      if (!key.startsWith("manifests/")) {
        session.uncommitted.add(key);
        return;
      }
      session.uncommitted.clear();
      for (const other of this.mayHaveRun.keys()) if (other !== session) other.isRepeated = false;
    });
    const lane = (name: Lane): ModelLane => {
      const deadLetters = new ModelQueue(`https://sqs/${name}-dlq`, LEASE_MS);
      return {
        name,
        deadLetters,
        queue: new ModelQueue(`https://sqs/${name}`, LEASE_MS, maxReceives, deadLetters),
      };
    };
    this.small = lane("small");
    this.large = lane("large");
  }

  get lanes(): readonly ModelLane[] {
    return [this.small, this.large];
  }

  /** What others have done so far: what an attempt that rests may wait for. */
  get happenings(): number {
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
    return this.lanes.flatMap(({ queue, deadLetters }) => [queue, deadLetters]);
  }

  queue(url: string): ModelQueue {
    const found = this.#queues.find((queue) => queue.url === url);
    if (!found) throw new Error(`there is no queue ${url}`);
    return found;
  }

  /** When the first of the hidden messages can be seen; undefined: none is hidden. */
  get nextVisibleAt(): number | undefined {
    const hidden = this.#queues.flatMap((queue) => queue.hidden(this.now));
    return hidden.length === 0 ? undefined : Math.min(...hidden.map(({ visibleAt }) => visibleAt));
  }

  /** What stands at the key of the source's manifest: it, a tombstone, or nothing. */
  standing(recipe: Recipe): Manifest | Tombstone | undefined {
    const stored = this.s3.get(RENDITIONS, manifestKey(recipe, KEY));
    return stored && JSON.parse(Buffer.from(stored.body).toString());
  }

  /** A write is given up by who sent it: it takes effect within the time that attempts allow, or never. */
  giveUp(calls: readonly Call[]): void {
    const until = this.now + LATE_WRITE_SECONDS * 1000;
    this.late.push(...calls.map((call) => ({ call, until })));
  }

  /** A heartbeat came not long ago: a process that dies leaves its message hidden for a part of a lease. */
  hideWhatDied(session: Session): void {
    const { lane, handle } = this.mayHaveRun.get(session) ?? {};
    const message = handle === undefined ? undefined : lane?.queue.held(handle, this.now);
    if (message === undefined) return;
    message.visibleAt = Math.max(message.visibleAt, this.now + LATE_WRITE_SECONDS * 1000);
  }

  /** Somebody uploads, overwrites or removes the source; S3 will say so, sometimes twice. */
  changeSource(): string {
    this.changes += 1;
    const body = this.#nextContent();
    if (body === undefined) this.s3.remove(SOURCES, KEY);
    else {
      const own = body.startsWith("own") ? { imagefleet: "0123" } : undefined;
      this.s3.put(SOURCES, KEY, Buffer.from(body), own);
    }
    const event = s3Event(body?.length, this.now);
    this.events.push(event);
    if (this.chance.happens(this.isToAndFro ? 0.7 : 0.3)) this.events.push(event);
    return body ?? "nothing";
  }

  #nextContent(): string | undefined {
    const { chance } = this;
    const earlier = this.#contents;
    if (this.isToAndFro) {
      return this.s3.get(SOURCES, KEY) === undefined ? "picture 1 90x40" : undefined;
    }
    if (earlier.length > 0 && chance.happens(0.25)) return chance.of(earlier);
    this.#versions += 1;
    const content = chance.of([
      undefined,
      undefined,
      "",
      `broken ${this.#versions}`,
      // A rendition, put where sources are.
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
   * May the tombstone expire? It stands for two days, and no attempt runs as long; nor does a write
   * that was given up wait as long.
   */
  mayExpire(): boolean {
    const isTagged = this.s3.get(RENDITIONS, manifestKey(this.recipe, KEY))?.tagging !== undefined;
    return isTagged && !this.#isOlder(this.#removedAt);
  }

  /** Is there an attempt, or a write that was given up, from before that step? */
  #isOlder(step: number): boolean {
    if (this.late.length > 0) return true;
    const lingering = this.ended.filter(({ calls }) => calls.length > 0);
    return [...this.mayHaveRun.keys(), ...lingering].some(({ begunAt }) => begunAt <= step);
  }

  /** The lifecycle rule, or the audit, removes the tombstone. */
  expire(): void {
    this.s3.remove(RENDITIONS, manifestKey(this.recipe, KEY));
  }

  /** While a deployment rolls, programs of the older recipe still begin work. */
  recipeOfNextProgram(): number {
    return this.#older !== undefined && this.chance.happens(0.5) ? this.#older : this.#recipe;
  }

  /** No program of an older recipe begins any more; what they begun may still run. */
  endDeployment(): void {
    this.#older = undefined;
  }

  /** What `reprocess` does: one job a source. */
  reprocess(): void {
    const at = this.now;
    const body = jobMessage({ bucket: SOURCES, key: KEY, at, mayHaveRun: false, force: false });
    this.small.queue.send(body, {}, this.now);
  }

  /** Is there a settled manifest which says that the current content is rejected by that recipe? */
  knowsRejected(recipe: Recipe): boolean {
    const manifest = this.standing(recipe);
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
