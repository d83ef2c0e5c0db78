import { isNear } from "../snapshot/index.ts";
import { type Content, onRequestKeys, type Rgb, renditionKeys } from "../sources/index.ts";
import type { SourceTimeline, StoredTimeline } from "./timelines.ts";

/** An answer that a viewer got. All times are ms of `performance.now()`. */
export interface ViewerAnswer {
  readonly source: string;
  /** The key of the rendition; of a negotiated address, that of the format that was answered. */
  readonly key: string;
  /** The version that was requested: the first eight characters of the content's ETag. */
  readonly v: string | undefined;
  readonly askedAt: number;
  readonly answeredAt: number;
  /** How long the edge's request took that brought or confirmed it, ms. */
  readonly originMs: number;
  readonly status: number;
  readonly cacheControl: string;
  /** `Hit`, `Miss`, `RefreshHit`, `Error`, `FunctionGeneratedResponse` */
  readonly xCache: string;
  readonly substitute: string | undefined;
  /** Whether S3 has answered, now or when it was cached. */
  readonly isStored: boolean;
  /** What the picture shows; undefined without a body, and of what is no picture. */
  readonly color: Rgb | undefined;
}

/** What is wrong with an answer. */
export interface Fault {
  readonly kind: "outdated" | "unavailable";
  readonly why: string;
}

/** Clocks of two processes, and callbacks that wait for their turn. */
const SLACK_MS = 1_000;
/** The error caching minimum TTL: for so long the edge does not ask again after an error, s. */
const ERROR_TTL = 1;
/** A placeholder has the colors only roughly. */
const PLACEHOLDER_TOLERANCE = 60;

/** What is compared with the answers. */
export interface Known {
  readonly sources: SourceTimeline;
  readonly stored: StoredTimeline;
}

/**
 * Compares an answer with what the source was. A picture may be of a content that, at some moment
 * within the time that the answer's `Cache-Control` states, was the source's or still stored at the key. What the
 * function has just made must be of a content that was the source's during the request.
 *
 * @returns undefined if nothing is wrong
 */
export function faultOf(answer: ViewerAnswer, known: Known): Fault | undefined {
  const { status, xCache } = answer;
  if (status === 404) return unavailable(answer, known);
  if (status >= 500 || status === 429) return undefined;
  if (status !== 200 && status !== 304) {
    return { kind: "unavailable", why: `the status is ${status} (${xCache})` };
  }
  if (answer.color === undefined) return { kind: "outdated", why: "the answer is no picture" };
  return outdated(answer, answer.color, known);
}

function outdated(answer: ViewerAnswer, color: Rgb, known: Known): Fault | undefined {
  const { sources, stored } = known;
  const { source, key, v, xCache, substitute, cacheControl } = answer;
  const tolerance = substitute === "placeholder" ? PLACEHOLDER_TOLERANCE : undefined;
  const shows = (content: Content | undefined) =>
    content !== undefined && isNear(color, content.color, tolerance);
  const all = sources.of(source).filter(({ content }) => shows(content));
  const shown = `the answer shows ${color.map(Math.round)}`;
  if (all.length === 0) return { kind: "outdated", why: `${shown}, which the source never was` };
  const isImmutable = cacheControl.includes("immutable");
  if (isImmutable && !all.some(({ etag }) => etag?.replaceAll('"', "").startsWith(v ?? "none"))) {
    return { kind: "outdated", why: `${shown}, is immutable and not of the version ${v}` };
  }
  const to = answer.answeredAt + SLACK_MS;
  const isMade = xCache === "Miss" && !answer.isStored && substitute === undefined;
  const from = isMade ? answer.askedAt : readSince(answer);
  if (sources.between(source, from, to).some(({ content }) => shows(content))) return undefined;
  if (isMade) return { kind: "outdated", why: `${shown}, and was made of a content that is gone` };
  const keys = substitute === undefined ? [key] : keysOf(source, sources);
  const there = keys.flatMap((each) => [...stored.between(each, from, to)]);
  if (all.some(({ etag = "" }) => there.includes(etag))) return undefined;
  const seconds = Math.round((answer.askedAt - from) / 1000);
  const why = `${shown}, which was replaced more than ${seconds} s before (${xCache}, ${cacheControl})`;
  return { kind: "outdated", why };
}

/** A 404 for what the source had all the time that the 404 may have been cached. */
function unavailable(answer: ViewerAnswer, { sources }: Known): Fault | undefined {
  const { source, key, answeredAt, xCache } = answer;
  if (xCache === "FunctionGeneratedResponse") {
    return { kind: "unavailable", why: "the edge refuses an address that the recipe has" };
  }
  const from = readSince(answer);
  const [only, ...others] = sources.between(source, from, answeredAt + SLACK_MS);
  if (only?.content === undefined || others.length > 0 || only.answeredAt > from) return undefined;
  const keys = [...renditionKeys(source, only.content), ...onRequestKeys(source, only.content)];
  return keys.includes(key)
    ? { kind: "unavailable", why: "404 for a rendition of a content that has not changed" }
    : undefined;
}

/** The earliest time at which the edge may have read from the origins what it has answered. */
function readSince(answer: ViewerAnswer): number {
  return answer.askedAt - 1000 * statedSeconds(answer) - answer.originMs - SLACK_MS;
}

/** How long an edge may show an answer after it came, s. */
function statedSeconds({ cacheControl }: ViewerAnswer): number {
  const seconds = (name: string) =>
    Number(new RegExp(`${name}=(\\d+)`).exec(cacheControl)?.[1] ?? 0);
  // An edge caches by the header that is stored, and the function of the response adds this one.
  if (cacheControl.includes("immutable")) return STORED_SECONDS;
  const whenFailing = seconds("stale-if-error") + ERROR_TTL;
  return seconds("max-age") + Math.max(seconds("stale-while-revalidate"), whenFailing);
}

/** Of the recipe's `Cache-Control`. */
const STORED_SECONDS = 2 + 2 + ERROR_TTL;

function keysOf(source: string, sources: SourceTimeline): string[] {
  const contents = sources.of(source).flatMap(({ content }) => content ?? []);
  const keys = contents.flatMap((content) => [
    ...renditionKeys(source, content),
    ...onRequestKeys(source, content),
  ]);
  return [...new Set(keys)];
}
