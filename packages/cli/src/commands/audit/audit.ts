import type { S3Client } from "@aws-sdk/client-s3";
import { manifestPattern, renditionPatterns, sourcePath } from "@imagefleet/core/plan";
import { type Recipe, whyNotASource } from "@imagefleet/core/recipe";
import { type ListedObject, listPages } from "@imagefleet/core/store";
import { InFlight } from "../../in-flight.ts";
import { Staleness } from "../../sources/staleness.ts";
import { type AuditTotals, type Finding, type FindingKind, INCOMPLETE } from "./finding.ts";
import { Lookup } from "./lookup.ts";
import type { SortedDiff } from "./sorted-diff.ts";
import { type SourceDiffs, sourceDiffsOf } from "./source-diffs.ts";
import { verdict } from "./verdict.ts";

export interface AuditInput {
  readonly s3: S3Client;
  readonly sourceBucket: string;
  readonly renditionBucket: string;
  readonly recipe: Recipe;
  readonly signal: AbortSignal;
  readonly onFinding: (finding: Finding) => void | Promise<void>;
}

/** A source with everything that the listings contain of it. */
interface Listed {
  readonly source: ListedObject;
  readonly found: ReadonlyMap<string, { readonly etag: string }>;
  readonly hasManifest: boolean;
}

/** Manifests and heads of objects that are read concurrently. */
const AT_ONCE = 48;

/**
 * Compares every source with its manifest and its existing renditions. It merges sorted listings, reads
 * one small object for each source, and the heads of unexpected objects and of renditions that were made
 * on request. It reads no image, and
 * its memory does not grow with the buckets.
 */
export class Audit {
  readonly #input: AuditInput;
  readonly #staleness: Staleness;
  readonly #reading = new InFlight(AT_ONCE);
  readonly #diffs: SourceDiffs;
  readonly #lookup: Lookup;
  #listed: Listed[] = [];
  readonly #counts = { sources: 0, complete: 0, objects: 0, lists: 0, unwritten: 0 };
  readonly #findings: Record<FindingKind, number> = {
    unrendered: 0,
    stale: 0,
    missing: 0,
    unlisted: 0,
    orphan: 0,
    rejected: 0,
    tombstone: 0,
    foreign: 0,
  };

  constructor(input: AuditInput) {
    this.#input = input;
    this.#staleness = new Staleness(input.recipe);
    this.#lookup = new Lookup(input);
    this.#diffs = sourceDiffsOf(
      input.s3,
      input.renditionBucket,
      input.recipe,
      (objects) => {
        this.#counts.objects += objects;
        this.#counts.lists++;
      },
      (object) => this.#unexpected(object),
    );
  }

  /** The totals so far. */
  get totals(): AuditTotals {
    const { sources, complete, objects, lists, unwritten } = this.#counts;
    const requests = { lists, gets: this.#lookup.requests };
    return { sources, complete, objects, findings: { ...this.#findings }, unwritten, requests };
  }

  /**
   * @returns the totals; after an abort, of a part
   * @throws Failure when S3 does not answer
   */
  async run(): Promise<AuditTotals> {
    const { s3, sourceBucket, recipe, signal } = this.#input;
    for await (const page of listPages(s3, sourceBucket, { prefix: recipe.source.prefix })) {
      this.#counts.lists++;
      for (const source of page) {
        if (whyNotASource(recipe, source.key) === undefined) await this.#source(source);
      }
      if (signal.aborted) break;
    }
    for (const diff of signal.aborted ? [] : this.#diffs.all) await diff.finish();
    await this.#judgeListed();
    await this.#reading.done();
    return this.totals;
  }

  async #unexpected(object: ListedObject): Promise<void> {
    const { sourceBucket, renditionBucket, recipe } = this.#input;
    const shared = sourceBucket === renditionBucket;
    if (shared && whyNotASource(recipe, object.key) === undefined) return;
    await this.#reading.add(async () => this.#report(await this.#lookup.unexpected(object)));
  }

  async #source(source: ListedObject): Promise<void> {
    const { recipe } = this.#input;
    this.#counts.sources++;
    const path = sourcePath(recipe, source.key);
    const keys = renditionPatterns(recipe).map(({ before, after }) => ({
      diff: this.#diffs.of(before),
      key: before + path + after,
    }));
    if (this.#isOdd(source.key, path, keys)) {
      await this.#reading.add(() => this.#oneByOne(source, keys));
      return;
    }
    for (const diff of this.#diffs.all) await diff.passed(path);
    this.#expect(source, path, keys);
    await this.#judgeListed();
  }

  #expect(
    source: ListedObject,
    path: string,
    keys: readonly { diff: SortedDiff; key: string }[],
  ): void {
    const found = new Map<string, ListedObject>();
    let hasManifest = false;
    let open = keys.length + 1;
    const close = () => {
      open--;
      if (open === 0) this.#listed.push({ source, found, hasManifest });
    };
    for (const { diff, key } of keys) {
      const settle = (object: ListedObject | undefined) => {
        if (object) found.set(key, object);
        close();
      };
      diff.expect({ key, settle });
    }
    const { before, after } = manifestPattern(this.#input.recipe);
    const settle = (object: ListedObject | undefined) => {
      hasManifest = object !== undefined;
      close();
    };
    this.#diffs.of(before).expect({ key: before + path + after, settle });
  }

  /**
   * A key with an escaped character is not at its place in the order; one with the prefix of another
   * diff is in neither.
   */
  #isOdd(key: string, path: string, keys: readonly { diff: SortedDiff; key: string }[]): boolean {
    if (`${this.#input.recipe.source.prefix}${path}` !== key) return true;
    return keys.some(({ diff, key: each }) => this.#diffs.isNestedIn(diff.before, each));
  }

  async #oneByOne(source: ListedObject, keys: readonly { key: string }[]): Promise<void> {
    const found = new Map<string, { etag: string }>();
    for (const { key } of keys) {
      const object = await this.#lookup.rendition(key);
      if (object) found.set(key, object);
    }
    await this.#judge({ source, found, hasManifest: true });
  }

  async #judgeListed(): Promise<void> {
    const listed = this.#listed;
    this.#listed = [];
    for (const each of listed) await this.#reading.add(() => this.#judge(each));
  }

  async #judge({ source, found, hasManifest }: Listed): Promise<void> {
    const manifest = hasManifest ? await this.#lookup.manifest(source.key) : undefined;
    const wrong = manifest === undefined ? [] : await this.#lookup.wronglyMade(manifest, found);
    const findings = verdict(source, manifest ?? "none", found, this.#staleness, wrong);
    if (!findings.some(({ kind }) => INCOMPLETE.includes(kind))) this.#counts.complete++;
    for (const finding of findings) await this.#report(finding);
  }

  async #report(finding: Finding | undefined): Promise<void> {
    if (finding === undefined) return;
    this.#findings[finding.kind]++;
    if (finding.kind === "orphan" && finding.source === null) this.#counts.unwritten++;
    await this.#input.onFinding(finding);
  }
}
