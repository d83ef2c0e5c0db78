import { Cache, type Entry, isNamedBy } from "./cache.ts";
import { type CacheKey, keyText } from "./cache-key.ts";
import { type CacheTimes, freshnessOf } from "./freshness.ts";
import type { OriginAnswer, Origins } from "./origins.ts";

/** An answer, and where it is from. */
export interface Found {
  readonly answer: OriginAnswer;
  readonly result: "Hit" | "Miss" | "RefreshHit";
  /** Since when it is in the cache, ms since the epoch; absent: it came for this request. */
  readonly cachedAt?: number;
  /** How long the request to the origins took that brought or confirmed it, ms. */
  readonly originMs: number;
}

/** A request to the origins that has no answer yet. */
interface Flight {
  readonly key: CacheKey;
  readonly found: Promise<Found>;
  /** It was invalidated meanwhile: what it brings is not kept. */
  isDropped: boolean;
}

/**
 * The cache before the origins. Requests for one key at the same time lead to one request to the
 * origins: CloudFront pauses the others until the answer is there, and counts them as hits.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#request-custom-traffic-spikes
 */
export class CachedOrigins {
  readonly #origins: Origins;
  readonly #times: CacheTimes;
  readonly #now: () => number;
  readonly #cache: Cache;
  readonly #flights = new Map<string, Flight>();

  constructor(origins: Origins, times: CacheTimes, cacheBytes: number, now: () => number) {
    this.#origins = origins;
    this.#times = times;
    this.#now = now;
    this.#cache = new Cache(cacheBytes);
  }

  /** Does not reject. */
  async get(key: CacheKey): Promise<Found> {
    const now = this.#now();
    // What is cached of a GET also answers a HEAD.
    const whole = this.#cache.get(keyText({ ...key, method: "GET" }));
    const entry = whole && now < whole.freshUntil ? whole : this.#cache.get(keyText(key));
    if (entry === undefined) return this.#join(key, undefined);
    if (now >= entry.freshUntil) {
      if (now >= entry.revalidateUntil) return this.#join(key, entry);
      void this.#join(key, entry);
    }
    const { answer, at: cachedAt, originMs } = entry;
    return { answer, result: "Hit", cachedAt, originMs };
  }

  invalidate(path: string): void {
    const matches = isNamedBy(path);
    this.#cache.drop(matches);
    for (const [key, flight] of this.#flights) {
      if (!matches(key)) continue;
      flight.isDropped = true;
      this.#flights.delete(key);
    }
  }

  async #join(key: CacheKey, stale: Entry | undefined): Promise<Found> {
    const text = keyText(key);
    const there = this.#flights.get(text);
    if (there !== undefined) return { ...(await there.found), result: "Hit" };
    const { promise: found, resolve } = Promise.withResolvers<Found>();
    const flight: Flight = { key, found, isDropped: false };
    this.#flights.set(text, flight);
    resolve(await this.#fetch(flight, stale));
    if (this.#flights.get(text) === flight) this.#flights.delete(text);
    return found;
  }

  async #fetch(flight: Flight, expired: Entry | undefined): Promise<Found> {
    const { key } = flight;
    const stale = expired && expired.answer.status < 400 ? expired : undefined;
    const askedAt = performance.now();
    const answer = await this.#origins.get(key, stale ? conditionsOf(stale.answer) : {});
    const originMs = performance.now() - askedAt;
    const now = this.#now();
    if (stale && answer.status === 304) {
      const headers = { ...stale.answer.headers, ...answer.headers };
      const confirmed = { ...stale.answer, headers };
      this.#keep(flight, confirmed, now, originMs);
      return { answer: confirmed, result: "RefreshHit", originMs };
    }
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html#HTTPStatusCodes-no-custom-error-pages-in-cache
    if (stale && answer.status >= 500 && now < stale.ifErrorUntil) {
      const { fresh = 0 } = freshnessOf(answer.status, {}, this.#times, now) ?? {};
      if (!flight.isDropped) {
        this.#cache.set(keyText(key), { ...stale, freshUntil: now + fresh * 1000 });
      }
      const { at: cachedAt, originMs: before } = stale;
      return { answer: stale.answer, result: "Hit", cachedAt, originMs: before };
    }
    this.#keep(flight, answer, now, originMs);
    return { answer, result: "Miss", originMs };
  }

  #keep({ key, isDropped }: Flight, answer: OriginAnswer, now: number, originMs: number): void {
    const text = keyText(key);
    const freshness = freshnessOf(answer.status, answer.headers, this.#times, now);
    if (isDropped) return;
    if (freshness === undefined || !answer.isWhole) {
      this.#cache.delete(text);
      return;
    }
    const freshUntil = now + freshness.fresh * 1000;
    this.#cache.set(text, {
      answer,
      at: now,
      originMs,
      freshUntil,
      revalidateUntil: freshUntil + freshness.whileRevalidate * 1000,
      ifErrorUntil: freshUntil + freshness.ifError * 1000,
    });
  }
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorS3Origin.html#RequestS3ConditionalGETs */
function conditionsOf({ headers }: OriginAnswer): Record<string, string> {
  const { etag, "last-modified": at } = headers;
  if (etag !== undefined) return { "if-none-match": etag };
  return at === undefined ? {} : { "if-modified-since": at };
}
