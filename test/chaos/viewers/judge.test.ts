import type { IncomingHttpHeaders } from "node:http";
import { beforeEach, describe, expect, it } from "vitest";
import type { Content } from "../sources/index.ts";
import { faultOf, type ViewerAnswer } from "./judge.ts";
import { SourceTimeline, StoredTimeline } from "./timelines.ts";

const SOURCE = "a b/50%.png";
const HERO = "hero-8w/a b/50%25.png.jpg";
const LATE = "late-8w/a b/50%25.png.webp";
const STORED = "public, max-age=2, stale-while-revalidate=1, stale-if-error=2";
const RED = [255, 0, 0] as const;
const BLUE = [0, 0, 255] as const;
const red: Content = { kind: "picture", side: 12, color: RED, format: "png" };
const blue: Content = { ...red, color: BLUE };
const [RED_ETAG, BLUE_ETAG] = ['"aaaaaaaa1"', '"bbbbbbbb1"'];

let sources: SourceTimeline;
let stored: StoredTimeline;

let clock: number;

function at(seconds: number): void {
  clock = seconds * 1000;
}

/** The source changes in the course of a tenth of a second. */
function change(seconds: number, content: Content | undefined, etag?: string): void {
  at(seconds);
  const onDone = sources.onChange({
    key: SOURCE,
    afterMs: 0,
    ...(content !== undefined && { content }),
  });
  at(seconds + 0.1);
  onDone(etag);
}

/** A write of a rendition reaches the server, and is answered after a tenth of a second. */
async function write(seconds: number, key: string, etag: string | undefined, status?: number) {
  at(seconds);
  const path = `/renditions/${key.split("/").map(encodeURIComponent).join("/")}`;
  const call =
    etag === undefined
      ? ({ service: "s3", operation: "DeleteObjects", path: "/renditions" } as const)
      : ({ service: "s3", operation: "PutObject", path } as const);
  const headers: IncomingHttpHeaders = { "x-amz-meta-imagefleet-source-etag": etag };
  const body = `<Delete><Object><Key>${key.replaceAll("&", "&amp;")}</Key></Object></Delete>`;
  const onAnswer = await stored.follow(call, { headers, url: path }, async () => body);
  at(seconds + 0.1);
  onAnswer?.(status);
}

/** An answer that took a tenth of a second. */
function answer(seconds: number, changes: Partial<ViewerAnswer> = {}): ViewerAnswer {
  return {
    source: SOURCE,
    key: HERO,
    v: undefined,
    askedAt: seconds * 1000,
    answeredAt: seconds * 1000 + 100,
    originMs: 100,
    status: 200,
    cacheControl: STORED,
    xCache: "Hit",
    substitute: undefined,
    isStored: true,
    color: RED,
    ...changes,
  };
}

const kindOf = (given: ViewerAnswer) => faultOf(given, { sources, stored })?.kind;

beforeEach(() => {
  const now = () => clock;
  sources = new SourceTimeline(5, now);
  stored = new StoredTimeline("renditions", now);
});

describe("an answer from the cache or from S3", () => {
  /** Red from 0 s, blue from 100 s; what shows red was stored until 110 s. */
  beforeEach(async () => {
    change(0, red, RED_ETAG);
    await write(1, HERO, RED_ETAG, 200);
    change(100, blue, BLUE_ETAG);
    await write(110, HERO, BLUE_ETAG, 200);
  });

  it.each([
    ["of the current content", 50, {}, undefined],
    ["of a content that is still stored", 109, {}, undefined],
    ["within the stated time", 115, {}, undefined],
    ["after the stated time", 118, {}, "outdated"],
    ["after the stated time, by a request that took 3 s", 118, { originMs: 3000 }, undefined],
    ["after the stated time, confirmed", 118, { status: 304 }, "outdated"],
    ["of a color that the source never had", 50, { color: [0, 255, 0] }, "outdated"],
    ["of no picture", 50, { color: undefined }, "outdated"],
    [
      "of a substitute within its ten seconds and as long after an error",
      125,
      substitute(),
      undefined,
    ],
    ["of a substitute after that", 135, substitute(), "outdated"],
    ["of the current content at another key", 200, { key: LATE, color: BLUE }, undefined],
    ["that is immutable and of its version", 50, immutable("aaaaaaaa"), undefined],
    ["that is immutable and of another version", 50, immutable("bbbbbbbb"), "outdated"],
    ["that the edge refuses to give", 50, { status: 403 }, "unavailable"],
    ["that redirects", 50, { status: 302 }, "unavailable"],
    ["that fails", 50, { status: 503 }, undefined],
  ] as const)("%s", (_name, seconds, changes, kind) => {
    expect(kindOf(answer(seconds, changes))).toBe(kind);
  });

  it("of an object that may still stand after an unanswered write", async () => {
    await write(120, HERO, RED_ETAG);
    expect(kindOf(answer(200))).toBeUndefined();
    // A later write that is answered ends what stood before it.
    await write(210, HERO, BLUE_ETAG, 200);
    expect(kindOf(answer(300))).toBe("outdated");
  });

  it("of an object whose put was refused", async () => {
    await write(120, HERO, RED_ETAG, 412);
    expect(kindOf(answer(130))).toBe("outdated");
  });

  it("of an object that was removed", async () => {
    await write(120, "late-8w/a&b.png.webp", RED_ETAG, 200);
    await write(130, "late-8w/a&b.png.webp", undefined, 200);
    expect([...stored.between("late-8w/a&b.png.webp", 125_000, 128_000)]).toEqual([RED_ETAG]);
    expect([...stored.between("late-8w/a&b.png.webp", 135_000, 140_000)]).toEqual([]);
  });
});

describe("what the function has just made", () => {
  const made = { key: LATE, xCache: "Miss", isStored: false } as const;
  beforeEach(() => {
    change(0, red, RED_ETAG);
    change(100, blue, BLUE_ETAG);
  });

  it("is of a content that was the source's during the request", () => {
    expect(kindOf(answer(50, made))).toBeUndefined();
    expect(kindOf(answer(100.05, made))).toBeUndefined();
    expect(kindOf(answer(100.05, { ...made, color: BLUE }))).toBeUndefined();
    expect(kindOf(answer(100.5, made))).toBe("outdated");
  });
});

describe("a 404", () => {
  const missing = { status: 404, cacheControl: "public, max-age=60", color: undefined } as const;
  beforeEach(() => change(0, red, RED_ETAG));

  it("is wrong for a rendition of a content that has not changed since it may have been cached", () => {
    expect(kindOf(answer(50, missing))).toBeUndefined();
    expect(kindOf(answer(70, missing))).toBe("unavailable");
  });

  it("is right for a width that the source does not fill, and for a rejected or deleted source", () => {
    expect(kindOf(answer(70, { ...missing, key: "hero-24w/a b/50%25.png.jpg" }))).toBeUndefined();
    change(100, { ...red, kind: "corrupt" }, '"c"');
    expect(kindOf(answer(200, missing))).toBeUndefined();
    change(300, undefined);
    expect(kindOf(answer(400, missing))).toBeUndefined();
  });

  it("is wrong when the edge does not know the address", () => {
    expect(kindOf(answer(1, { ...missing, xCache: "FunctionGeneratedResponse" }))).toBe(
      "unavailable",
    );
  });
});

function substitute() {
  return {
    key: LATE,
    substitute: "rendition",
    cacheControl: "public, max-age=10, stale-if-error=10",
  } as const;
}

function immutable(v: string) {
  return { v, cacheControl: "public, max-age=31536000, immutable" } as const;
}
