/** What an entry is found by. */
export interface CacheKey {
  readonly method: "GET" | "HEAD";
  /** After the request's function. */
  readonly uri: string;
  readonly v: string | undefined;
}

export function keyText({ method, uri, v }: CacheKey): string {
  return `${method} ${addressOf({ uri, v })}`;
}

/** The path with its query, as invalidations name it. */
export function addressOf({ uri, v }: Pick<CacheKey, "uri" | "v">): string {
  return v === undefined ? uri : `${uri}?v=${v}`;
}
