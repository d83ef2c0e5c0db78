import type { Follow } from "@imagefleet/local/fault-proxy";
import type { Content, Operation } from "../sources/index.ts";

/** All times are ms of `performance.now()`. */
export interface Change {
  /** Absent: the source was deleted. */
  readonly content: Content | undefined;
  /** Unknown until the change is answered. */
  etag: string | undefined;
  readonly sentAt: number;
  /** Infinity until it is answered. */
  answeredAt: number;
}

/** What each source was, and when. */
export class SourceTimeline {
  /** In the order of their first change. */
  readonly keys: string[] = [];
  /** The keys of the last changes, the latest last. */
  readonly recent: string[] = [];
  readonly #changes = new Map<string, Change[]>();
  readonly #kept: number;
  readonly #now: () => number;

  /** @param kept the number of recent keys */
  constructor(kept: number, now = () => performance.now()) {
    this.#kept = kept;
    this.#now = now;
  }

  readonly onChange = ({ key, content }: Operation): ((etag: string | undefined) => void) => {
    const changes = this.#changes.get(key) ?? [];
    if (changes.length === 0) this.keys.push(key);
    const change: Change = {
      content,
      etag: undefined,
      sentAt: this.#now(),
      answeredAt: Number.POSITIVE_INFINITY,
    };
    this.#changes.set(key, [...changes, change]);
    this.recent.push(key);
    if (this.recent.length > this.#kept) this.recent.shift();
    return (etag) => {
      change.etag = etag;
      change.answeredAt = this.#now();
    };
  };

  /** The changes of a source, oldest first. */
  of(key: string): readonly Change[] {
    return this.#changes.get(key) ?? [];
  }

  /** What the source may have been at some moment between two times. */
  between(key: string, from: number, to: number): readonly Change[] {
    const changes = this.of(key);
    return changes.filter((change, at) => {
      const replacedAt = changes[at + 1]?.answeredAt ?? Number.POSITIVE_INFINITY;
      return change.sentAt <= to && replacedAt >= from;
    });
  }
}

/** A write of an object, or its removal. */
interface Write {
  /** The ETag of the content that the rendition is of; undefined: a removal. */
  readonly sourceEtag: string | undefined;
  readonly sentAt: number;
  /** By then it has taken effect, or never will. */
  endedAt: number;
  /** Whether the server has said that it was done. */
  isCertain: boolean;
}

/** An unanswered write may take effect until so long after the connection has ended. */
const LATE_MS = 5_000;

/** Which content's rendition was stored at each key, and when, from the writes that reached the server. */
export class StoredTimeline {
  readonly #bucket: string;
  readonly #now: () => number;
  readonly #writes = new Map<string, Write[]>();

  constructor(bucket: string, now = () => performance.now()) {
    this.#bucket = bucket;
    this.#now = now;
  }

  readonly follow: Follow = async ({ operation, path }, { headers }, body) => {
    if (!path.startsWith(`/${this.#bucket}`)) return undefined;
    const key = decodeURIComponent(path.slice(this.#bucket.length + 2));
    const sourceEtag = headers["x-amz-meta-imagefleet-source-etag"]?.toString();
    switch (operation) {
      case "PutObject":
        return this.#begin([key], sourceEtag);
      case "DeleteObject":
        return this.#begin([key], undefined);
      case "DeleteObjects":
        return this.#begin(keysIn(await body()), undefined);
      default:
        return undefined;
    }
  };

  /** The ETags of the contents whose rendition may have been stored at a key between two times. */
  between(key: string, from: number, to: number): ReadonlySet<string> {
    const writes = this.#writes.get(key) ?? [];
    const stood = writes.filter((write) => {
      if (write.sentAt > to) return false;
      // Of two writes that overlap in time, either may be the last.
      const replaced = writes.filter((other) => other.isCertain && other.sentAt >= write.endedAt);
      return Math.min(...replaced.map(({ endedAt }) => endedAt), Number.POSITIVE_INFINITY) >= from;
    });
    return new Set(stood.flatMap(({ sourceEtag }) => sourceEtag ?? []));
  }

  #begin(
    keys: readonly string[],
    sourceEtag: string | undefined,
  ): (status: number | undefined) => void {
    const write: Write = {
      sourceEtag,
      sentAt: this.#now(),
      endedAt: Number.POSITIVE_INFINITY,
      isCertain: false,
    };
    for (const key of keys) this.#writes.set(key, [...(this.#writes.get(key) ?? []), write]);
    return (status) => {
      write.isCertain = status !== undefined && status < 300;
      write.endedAt = this.#now() + (status === undefined ? LATE_MS : 0);
      if (status === undefined || status < 300) return;
      for (const key of keys) {
        const others = (this.#writes.get(key) ?? []).filter((each) => each !== write);
        this.#writes.set(key, others);
      }
    };
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
};

/** The keys in the body of a DeleteObjects. */
function keysIn(xml: string): string[] {
  return Array.from(xml.matchAll(/<Key>([^<]*)<\/Key>/g), ([, key = ""]) =>
    key.replace(/&\w+;/g, (entity) => ENTITIES[entity] ?? entity),
  );
}
