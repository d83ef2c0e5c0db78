import { createHash } from "node:crypto";
import type { ImageInput } from "../image/index.ts";
import { type Job, jobMessage } from "../intake/index.ts";
import { Failure, Rejection } from "../outcome/index.ts";
import {
  laneByBytes,
  laneByCost,
  manifestKey,
  manifestPattern,
  planRenditions,
  renditionAt,
  sizedRenditions,
} from "../plan/index.ts";
import type { Queue } from "../queue/index.ts";
import {
  CONTENT_TYPES,
  type Preset,
  presetFingerprint,
  recipeFingerprint,
  rejectionFingerprint,
  whyNotASource,
} from "../recipe/index.ts";
import {
  CODEC,
  ofSource,
  outcomeOf,
  type ReconcileResources,
  withContent,
} from "../reconcile/index.ts";
import type { Manifest, OpenSource, StoredObject } from "../store/index.ts";
import { adhocAt } from "./adhoc.ts";
import { type Answer, notFound, unavailable } from "./answer.ts";
import { substituteFor } from "./substitute.ts";

/** What a program that delivers shares between its requests. */
export interface DeliverResources extends ReconcileResources {
  /** The buckets of the sources, at least one. */
  readonly sourceBuckets: readonly string[];
  readonly small: Queue;
  readonly large: Queue;
  /**
   * How long after its sending the job that checks a rendition is received, s: longer than a delivery
   * runs, and than a write that it gave up may still take effect.
   */
  readonly settleSeconds: number;
  /** ms since the epoch */
  readonly now: () => number;
}

/** Of a source that changes in each round, the last content that was read is answered, briefly. */
const MAX_ROUNDS = 3;

/**
 * Answers of bytes that are not stored: they are soon replaced by the stored rendition. Without
 * `stale-if-error`, CloudFront would still answer them whenever an origin fails later.
 */
const BRIEFLY = "public, max-age=10, stale-if-error=10";

/**
 * Makes the rendition at a key, stores it, and answers it: for keys that are in no bucket yet. Before
 * anything is written, a job is sent that checks the key after this delivery has ended, however it
 * ends (docs/protocol.md, rule 12). Nothing is ever deleted here. A rendition of an ad-hoc size is
 * answered and not stored (docs/adr/027-adhoc-sizes.md).
 *
 * Never throws: every error becomes an answer.
 *
 * @param key a key of the rendition bucket, or an ad-hoc one
 *
 * @example
 * const answer = await deliver("hero-800w/cats/tom.jpg.webp", resources, signal);
 */
export async function deliver(
  key: string,
  resources: DeliverResources,
  signal: AbortSignal,
): Promise<Answer> {
  const { before, after } = manifestPattern(resources.recipe);
  if (key.startsWith(before) && key.endsWith(after)) return notFound("ManifestMissing");
  const adhoc = adhocAt(resources.recipe, key);
  const at = adhoc ?? renditionAt(resources.recipe, key);
  if (at === undefined || whyNotASource(resources.recipe, at.sourceKey) !== undefined) {
    return notFound("NotInRecipe");
  }
  try {
    const asked = { key, ...at, isAdhoc: adhoc !== undefined };
    const delivery = new Delivery(asked, resources, signal);
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      const answer = await delivery.round();
      if (answer !== "again") return answer;
    }
    const message = `the source changed in each of ${MAX_ROUNDS} rounds`;
    return delivery.latest ?? unavailable(message, 1);
  } catch (error) {
    const outcome = outcomeOf(error, signal);
    if (outcome.kind === "rejected") return notFound(outcome.reason);
    return unavailable(outcome.kind === "failed" ? outcome.message : String(error), 1);
  }
}

/** What a request asks for. */
interface Asked {
  readonly key: string;
  readonly preset: Preset;
  readonly sourceKey: string;
  /** No preset of the recipe: neither a manifest nor a bucket has it. */
  readonly isAdhoc: boolean;
}

/** One request, in one or more rounds. */
class Delivery {
  /** What the latest round has rendered, of a content that may have been replaced since. */
  latest: Answer | undefined;
  readonly #key: string;
  readonly #preset: Preset;
  readonly #sourceKey: string;
  readonly #isAdhoc: boolean;
  readonly #resources: DeliverResources;
  readonly #signal: AbortSignal;
  readonly #fingerprint: string;
  /** The content of the last job that checks what is stored. */
  #checkedEtag: string | undefined;
  /** The ETag of what this delivery has stored, if nothing has replaced it. */
  #own: string | undefined;
  /** The bucket of the source of what was stored. */
  #bucket: string | undefined;

  constructor(asked: Asked, resources: DeliverResources, signal: AbortSignal) {
    this.#key = asked.key;
    this.#preset = asked.preset;
    this.#sourceKey = asked.sourceKey;
    this.#isAdhoc = asked.isAdhoc;
    this.#resources = resources;
    this.#signal = signal;
    const { encoder } = resources.codec ?? CODEC;
    this.#fingerprint = presetFingerprint(asked.preset, encoder);
  }

  async round(): Promise<Answer | "again"> {
    const { recipe, renditions, codec = CODEC } = this.#resources;
    const [stored, found] = await Promise.all([
      renditions.manifest(manifestKey(recipe, this.#sourceKey), this.#signal),
      this.#open(),
    ]);
    if (found === undefined) return this.#missing();
    const { bucket, source } = found;
    let isRead = false;
    try {
      if (source.own) return this.#missing();
      const job: Job = { bucket, key: this.#sourceKey, mayHaveRun: false, force: false };
      const manifest = ofSource(stored, job)?.manifest;
      const isOfContent = manifest?.source.etag === source.etag;
      if (manifest !== undefined && isOfContent) {
        if (manifest.rejected?.by === rejectionFingerprint(recipe, codec.encoder)) {
          return notFound(manifest.rejected.reason);
        }
        const isCurrent = manifest.recipe === recipeFingerprint(recipe, codec.encoder);
        if (isCurrent && !this.#isAdhoc && !this.#isIn(manifest)) {
          return (await this.#widest(manifest)) ?? notFound("NotPlanned");
        }
      }
      if (source.archived) {
        return (await this.#substitute(manifest)) ?? notFound("SourceArchived");
      }
      if (laneByBytes(recipe, source.bytes) === "large") return this.#byWorker(job, manifest);
      isRead = true;
      return await this.#made(job, source, manifest);
    } finally {
      if (!isRead) source.body.destroy();
    }
  }

  /** Opens the source, in the first bucket that has it. */
  async #open(): Promise<{ bucket: string; source: OpenSource } | undefined> {
    for (const bucket of this.#resources.sourceBuckets) {
      const signal = this.#signal;
      const answer = await this.#resources.sources.open(bucket, this.#sourceKey, { signal });
      if (answer.kind === "open") return { bucket, source: answer.source };
    }
    return undefined;
  }

  /** Without a source nothing may stand at the key. What an earlier round put is removed by its job. */
  async #missing(): Promise<Answer> {
    if (this.#bucket !== undefined) await this.#sendCheck(this.#bucket, this.#checkedEtag, 0);
    return notFound("SourceMissing");
  }

  #isIn({ renditions, onRequest = [] }: Manifest): boolean {
    return [...renditions, ...onRequest].some(({ key }) => key === this.#key);
  }

  /**
   * For a width above the source's, the widest rendition of the preset. A loader of a front end that
   * knows only the recipe requests such widths.
   */
  async #widest(manifest: Manifest): Promise<Answer | undefined> {
    const { name, format, responsive } = this.#preset;
    if (responsive === undefined) return undefined;
    const widths = [...manifest.renditions, ...(manifest.onRequest ?? [])]
      .filter((each) => each.preset === name && each.format === format)
      .toSorted((a, b) => b.width - a.width);
    const [widest] = widths;
    if (widest === undefined) return undefined;
    const { key } = widest;
    const found = await this.#resources.renditions.read(key, manifest.source, this.#signal);
    const { etag } = manifest.source;
    const answer =
      found?.isOfSource && found.sourceEtag === etag
        ? this.#stored(found.body, found.etag, etag)
        : await deliver(key, this.#resources, this.#signal);
    return answer.status === 200 ? { ...answer, substitute: "rendition" } : answer;
  }

  async #made(
    job: Job,
    source: OpenSource,
    manifest: Manifest | undefined,
  ): Promise<Answer | "again"> {
    let body: Uint8Array | "tooCostly" | "notPlanned";
    try {
      body = await withContent(source, this.#resources.scratch, this.#signal, (input) =>
        this.#render(input),
      );
    } catch (error) {
      // The job writes the manifest of the rejected source, so that it is not read again.
      if (error instanceof Rejection && manifest === undefined) await this.#send(job);
      throw error;
    }
    if (body === "notPlanned") {
      if (manifest === undefined) await this.#send(job);
      return notFound("NotPlanned");
    }
    if (body === "tooCostly") return this.#byWorker(job, manifest);
    this.latest = this.#unstored(body);
    if (this.#isAdhoc) return this.#stored(body, this.#etagFor(source.etag), source.etag);
    if (manifest?.renditions.some(({ key }) => key === this.#key)) {
      // It was removed by somebody else. Its bytes may differ from those that the manifest lists. The
      // first of these jobs makes it, and the others find it.
      if (manifest.source.etag === source.etag) await this.#send({ ...job, check: [this.#key] });
      return this.#unstored(body);
    }
    return this.#store(job, source.etag, body);
  }

  async #render(input: ImageInput): Promise<Uint8Array | "tooCostly" | "notPlanned"> {
    const { recipe, memoryBytes, renderSemaphore, codec = CODEC } = this.#resources;
    const info = await codec.probe(input, recipe);
    // Which widths are made depends on the others: a small source ends at its own size.
    const planned = this.#isAdhoc ? [] : sizedRenditions(info, recipe, this.#sourceKey);
    if (!this.#isAdhoc && !planned.some(({ key }) => key === this.#key)) return "notPlanned";
    const alone = { ...recipe, presets: [this.#preset] };
    const plan = planRenditions(info, alone, this.#sourceKey, memoryBytes);
    if (laneByCost(plan, memoryBytes) === "large") return "tooCostly";
    let made: Uint8Array | undefined;
    await renderSemaphore(
      () =>
        codec.render(input, plan, {
          signal: this.#signal,
          onRendition: ({ data }) => {
            made = data;
          },
        }),
      plan.peakBytes,
      this.#signal,
    );
    if (made === undefined) throw new Failure("Internal", "the codec made no rendition");
    return made;
  }

  async #store(job: Job, etag: string, body: Uint8Array): Promise<Answer | "again"> {
    const { recipe, renditions, sources } = this.#resources;
    const object: StoredObject = {
      key: this.#key,
      source: { bucket: job.bucket, key: job.key, etag },
      body,
      contentType: CONTENT_TYPES[this.#preset.format],
      cacheControl: recipe.output.cacheControl,
      fingerprint: this.#fingerprint,
    };
    if (this.#checkedEtag !== etag) {
      await this.#sendCheck(job.bucket, etag, this.#resources.settleSeconds);
    }
    let own = await renditions.putOver(object, this.#own, this.#signal);
    if (own === undefined) {
      const there = await renditions.read(this.#key, job, this.#signal);
      this.#own = undefined;
      if (there === undefined) return "again";
      const isRight = there.sourceEtag === etag && there.fingerprint === this.#fingerprint;
      if (there.isOfSource && isRight) return this.#stored(there.body, there.etag, etag);
      // A batch lane puts its renditions whatever stands there, and nothing else replaces them.
      if (!there.isOfSource || this.#preset.when !== "request") {
        return this.#unstored(body);
      }
      if ((await sources.etag(job.bucket, job.key, this.#signal)) !== etag) return "again";
      own = await renditions.putOver(object, there.etag, this.#signal);
      if (own === undefined) return "again";
    }
    this.#own = own;
    this.#bucket = job.bucket;
    const now = await sources.etag(job.bucket, job.key, this.#signal);
    if (now === undefined) return this.#missing();
    return now === etag ? this.#stored(body, own, etag) : "again";
  }

  /** Of what no bucket has: changes with the source's content and with whatever changes the bytes. */
  #etagFor(sourceEtag: string): string {
    return `"${createHash("md5").update(`${sourceEtag} ${this.#fingerprint}`).digest("hex")}"`;
  }

  #stored(body: Uint8Array, etag: string, sourceEtag: string): Answer {
    const { cacheControl } = this.#resources.recipe.output;
    return { ...this.#unstored(body), cacheControl, etag, sourceEtag };
  }

  #unstored(body: Uint8Array) {
    const contentType = CONTENT_TYPES[this.#preset.format];
    return { status: 200, body, contentType, cacheControl: BRIEFLY } as const;
  }

  /** The worker makes what is too large or too costly here, unless it would be stored nowhere. */
  async #byWorker(job: Job, manifest: Manifest | undefined): Promise<Answer> {
    if (this.#isAdhoc) {
      // Its renditions, once they are made, are the substitutes of the next request.
      if (manifest === undefined) await this.#send(job);
    } else {
      // The check is for one that the manifest lists and that somebody removed.
      const keys = [this.#key];
      await this.#send({ ...job, want: keys, check: keys }, this.#resources.large);
    }
    return (
      (await this.#substitute(manifest)) ??
      unavailable("the source is too large to be rendered while a viewer waits", 10)
    );
  }

  async #substitute(manifest: Manifest | undefined): Promise<Answer | undefined> {
    const asked = { key: this.#key, preset: this.#preset };
    const { renditions } = this.#resources;
    const substitute = await substituteFor(asked, manifest, renditions, this.#signal);
    return substitute && { status: 200, cacheControl: BRIEFLY, ...substitute };
  }

  /** Sends the job that looks at the key when no write of this delivery is in progress any more. */
  async #sendCheck(bucket: string, etag: string | undefined, delaySeconds: number): Promise<void> {
    const job = {
      bucket,
      key: this.#sourceKey,
      mayHaveRun: false,
      force: false,
      check: [this.#key],
      ...(etag !== undefined && { checkedEtags: [etag] }),
    };
    await this.#send(job, this.#resources.small, delaySeconds);
    this.#checkedEtag = etag;
  }

  async #send(job: Job, queue = this.#resources.small, delaySeconds = 0): Promise<void> {
    await queue.send({ body: jobMessage({ ...job, at: this.#resources.now() }), delaySeconds });
  }
}
