/** Times of a distribution's cache policy and custom error responses, s. The minimum TTL is 0. */
export interface CacheTimes {
  readonly defaultTtl: number;
  readonly maxTtl: number;
  /** By status, the error caching minimum TTL; 10 s for all others. */
  readonly errorTtls: Readonly<Record<number, number>>;
}

/** What the fleet's distribution has. */
export const CACHE_TIMES: CacheTimes = {
  defaultTtl: 86_400,
  maxTtl: 31_536_000,
  errorTtls: { 404: 0, 500: 1, 502: 1, 503: 1, 504: 1 },
};

const ERROR_TTL = 10;

/** How long an answer may be used, s from when it came. */
export interface Freshness {
  readonly fresh: number;
  /** After that, how long it is used while a new one is requested. */
  readonly whileRevalidate: number;
  /** After that, how long it is used when the origins fail with a 5xx. */
  readonly ifError: number;
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html */
const ALWAYS_CACHED = [404, 410, 414, 500, 501, 502, 503, 504];
const CACHED_BY_HEADER = [400, 403, 405, 412, 415];

/**
 * Only for these errors are no-store, no-cache and private respected; others are cached all the same.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
 */
const MAY_FORBID = [404, 410, 414, 501];

/**
 * How long CloudFront caches an answer of an origin; undefined: it does not.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
 *
 * @param now ms since the epoch
 */
export function freshnessOf(
  status: number,
  headers: Readonly<Record<string, string>>,
  times: CacheTimes,
  now: number,
): Freshness | undefined {
  const directives = directivesOf(headers["cache-control"] ?? "");
  const seconds = (name: string) => secondsOf(directives.get(name));
  const named = seconds("s-maxage") ?? seconds("max-age") ?? untilExpires(headers["expires"], now);
  const has = (...names: string[]) => names.some((name) => directives.has(name));
  if (status >= 400) {
    if (!ALWAYS_CACHED.includes(status)) {
      if (!CACHED_BY_HEADER.includes(status) || named === undefined) return undefined;
    } else if (MAY_FORBID.includes(status) && has("no-store", "no-cache", "private")) {
      return undefined;
    }
    const least = times.errorTtls[status] ?? ERROR_TTL;
    const fresh = Math.min(Math.max(least, named ?? 0), Math.max(least, times.maxTtl));
    return fresh > 0 ? { fresh, whileRevalidate: 0, ifError: 0 } : undefined;
  }
  if (has("no-store", "private")) return undefined;
  // `Vary: *` with a minimum TTL of 0: each request goes to the origin, which confirms what is cached.
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#ResponseCustomContentNegotiation
  const isAsked = has("no-cache") || headers["vary"]?.trim() === "*";
  return {
    fresh: isAsked ? 0 : Math.min(named ?? times.defaultTtl, times.maxTtl),
    whileRevalidate: Math.min(seconds("stale-while-revalidate") ?? 0, times.maxTtl),
    // Without the directive, what is cached is used as long as the origins fail.
    ifError: seconds("stale-if-error") ?? Number.POSITIVE_INFINITY,
  };
}

function directivesOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(",").map((each) => {
      const [name = "", ...rest] = each.trim().split("=");
      return [name.toLowerCase(), rest.join("=").replace(/^"|"$/g, "")];
    }),
  );
}

function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function untilExpires(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : Math.max(0, (at - now) / 1000);
}
