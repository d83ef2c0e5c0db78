import { describe, expect, it } from "vitest";
import { checkCatalog } from "./check.ts";
import { differing, expectedItem, type Item } from "./item.ts";
import { type Notification, sayTheSame, tellsOf } from "./notification.ts";
import { type Version, versionsOf } from "./version.ts";

const KEY = "a b/50%.png";
const AT = "2026-11-27T10:00:00.500Z";
const rendition = { preset: "hero", width: 8, height: 8, format: "jpeg" };

const ready: Version = {
  seq: 12,
  since: 10,
  at: AT,
  source: { key: KEY, etag: '"0123456789abcdef"', bytes: 900, format: "png", width: 8, height: 8 },
  placeholder: { thumbhash: "x", color: "#123456" },
  renditions: [
    { ...rendition, key: "hero-8w/a b/50%25.png.jpg", bytes: 300, savedPercent: 66.7 },
    { ...rendition, preset: "thumb", key: "thumb/a b/50%25.png.png", bytes: 200, format: "png" },
  ],
  onRequest: [{ ...rendition, preset: "late", key: "late-8w/a b/50%25.png.webp", format: "webp" }],
};
const rejected: Version = {
  seq: 20,
  at: AT,
  source: { key: "bad.png", etag: '"b1"', bytes: 4 },
  rejected: { reason: "SourceCorrupt", message: "it is cut off" },
  renditions: [],
  onRequest: [],
};
const removed: Version = {
  seq: 30,
  since: 29,
  at: AT,
  removed: true,
  source: { key: "gone.png" },
  renditions: [],
  onRequest: [],
};

/** The items as docs/uploads.md has them, written out. */
const readyItem: Item = {
  pk: `image/${KEY}`,
  status: "ready",
  seq: 12,
  committedAt: AT,
  etag: '"0123456789abcdef"',
  bytesIn: 900,
  format: "png",
  width: 8,
  height: 8,
  placeholder: { thumbhash: "x", color: "#123456" },
  bytesOut: 500,
  savedPercent: 66.7,
  renditions: [
    {
      ...rendition,
      key: "hero-8w/a b/50%25.png.jpg",
      bytes: 300,
      savedPercent: 66.7,
      when: "upload",
    },
    {
      ...rendition,
      preset: "thumb",
      key: "thumb/a b/50%25.png.png",
      format: "png",
      bytes: 200,
      when: "upload",
    },
    {
      ...rendition,
      preset: "late",
      key: "late-8w/a b/50%25.png.webp",
      format: "webp",
      when: "request",
    },
  ],
  notified: "ready 10",
  wasReady: true,
};
const rejectedItem: Item = {
  pk: "image/bad.png",
  status: "rejected",
  seq: 20,
  committedAt: AT,
  etag: '"b1"',
  bytesIn: 4,
  reason: "SourceCorrupt",
  message: "it is cut off",
  notified: "rejected 20",
};
const removedItem: Item = {
  pk: "image/gone.png",
  status: "removed",
  seq: 30,
  committedAt: AT,
  expiresAt: Date.parse("2026-12-27T10:00:01Z") / 1000,
  notified: "removed 29",
};

const notice = (id: string, key: string, more: Partial<Notification>): Notification => ({
  id,
  type: `image.${id.split(" ")[0]}`,
  key,
  renditions: [],
  ...more,
});
const published = [
  notice("ready 10", KEY, { seq: 10, source: { etag: '"0123456789abcdef"' } }),
  notice("ready 10", KEY, { seq: 12, source: { etag: '"0123456789abcdef"' } }),
  notice("rejected 20", "bad.png", { seq: 20, source: { etag: '"b1"' } }),
  notice("removed 29", "gone.png", { seq: 30 }),
];

/** A valid state that the tests change. */
const right = {
  versions: [ready, rejected, removed],
  items: [readyItem, rejectedItem, removedItem],
  published,
  sources: new Map([
    [KEY, '"0123456789abcdef"'],
    ["bad.png", '"b1"'],
  ]),
  failed: new Set<string>(),
  crashed: new Set<string>(),
};
const faults = (changes: Partial<typeof right>) =>
  checkCatalog({ ...right, ...changes }).map(({ kind, key }) => `${kind} ${key}`);
/** The first image, of which another content has failed. */
const failure = {
  sources: new Map([...right.sources, [KEY, '"other"']]),
  failed: new Set([KEY]),
};
const { expiresAt: _none, ...lasting } = readyItem;
const failedItem: Item = {
  ...lasting,
  status: "failed",
  reason: "StoreUnavailable",
  message: "S3 is away",
  notified: "failed x",
};
const withFailed = {
  ...failure,
  items: [failedItem, rejectedItem, removedItem],
  published: [...published, notice("failed x", KEY, { seq: 12 })],
};

describe("the check of the catalog", () => {
  it("finds nothing wrong in a right state", () => {
    expect(checkCatalog(right)).toEqual([]);
    expect(faults(withFailed)).toEqual([]);
  });

  it.each(
    Object.keys(readyItem).filter((field) => !["key", "notified", "wasReady"].includes(field)),
  )("finds an item whose %s differs, or is missing", (field) => {
    const { [field]: _left, ...others } = readyItem;
    for (const item of [others, { ...readyItem, [field]: "other" }]) {
      const items = [item, rejectedItem, removedItem];
      expect(faults({ items })).toContain(`differs ${KEY}`);
    }
  });

  it("finds a field too many, and no item at all", () => {
    const more = { ...readyItem, user: "alice" };
    expect(faults({ items: [more, rejectedItem, removedItem] })).toEqual([`differs ${KEY}`]);
    expect(faults({ items: [rejectedItem, removedItem] })).toEqual([`differs ${KEY}`]);
    const kept = { ...removedItem, etag: '"g"' };
    expect(faults({ items: [readyItem, rejectedItem, kept] })).toEqual(["differs gone.png"]);
  });

  it("finds an item without a manifest", () => {
    expect(faults({ versions: [ready, rejected] })).toEqual(["unmatched gone.png"]);
  });

  it("finds a failure that is not, and one that the item does not show", () => {
    expect(faults({ ...withFailed, failed: new Set() })).toEqual([`differs ${KEY}`]);
    expect(faults({ ...withFailed, sources: right.sources })).toEqual([`differs ${KEY}`]);
    expect(faults(failure)).toEqual([`differs ${KEY}`]);
    expect(faults({ ...failure, crashed: new Set([KEY]) })).toEqual([]);
    const other = { ...failedItem, etag: '"older"' };
    const items = [other, rejectedItem, removedItem];
    expect(faults({ ...withFailed, items })).toEqual([`differs ${KEY}`]);
  });

  it("lets an image that was never rendered be without a manifest, failed or deleted", () => {
    const alone = { pk: "image/new.png", status: "failed", notified: "failed n" };
    const state = {
      items: [...right.items, alone],
      published: [...published, notice("failed n", "new.png", {})],
      sources: new Map([...right.sources, ["new.png", '"n"']]),
      failed: new Set(["new.png"]),
    };
    expect(faults(state)).toEqual([]);
    expect(faults({ ...state, failed: new Set() })).toEqual(["unmatched new.png"]);
    const gone = { ...alone, status: "removed", notified: "removed n" };
    const after = {
      items: [...right.items, gone],
      published: [...published, notice("removed n", "new.png", {})],
    };
    expect(faults(after)).toEqual([]);
    expect(faults({ ...after, sources: state.sources })).toEqual(["unmatched new.png"]);
  });

  it.each([
    ["another type", { type: "image.removed" }],
    ["another key", { key: "other.png" }],
    ["an earlier time with the same content", { seq: 19 }],
    ["a later version", { seq: 21 }],
    ["another content", { source: { etag: '"b0"' } }],
  ])("finds a state of which only a notification of %s tells", (_name, changes) => {
    const others = published.filter(({ key }) => key !== "bad.png");
    const [of] = published.filter(({ key }) => key === "bad.png");
    if (of === undefined) throw new Error("it has one");
    expect(faults({ published: [...others, { ...of, ...changes }] })).toContain("untold bad.png");
  });

  it("finds an item that names a notification which nobody got", () => {
    const items = [readyItem, { ...rejectedItem, notified: "rejected 7" }, removedItem];
    expect(faults({ items })).toEqual(["untold bad.png"]);
    expect(faults({ ...withFailed, published })).toEqual([`untold ${KEY}`]);
  });

  it("finds copies that contradict each other", () => {
    const [of] = published;
    if (of === undefined) throw new Error("it has one");
    const copy = { ...of, type: "image.rejected" };
    expect(faults({ published: [copy, ...published] })).toContain(`contradicts ${KEY}`);
  });
});

it("compares copies without what a repeat may change", () => {
  const one = notice("ready 1", KEY, {
    seq: 1,
    source: { etag: '"a"' },
    renditions: [{ key: "x" }],
  });
  expect(sayTheSame(one, { ...one, seq: 2, first: false, at: AT })).toBe(true);
  expect(sayTheSame(one, { ...one, source: { etag: '"b"' } })).toBe(false);
  expect(sayTheSame(one, { ...one, renditions: [{ key: "y" }] })).toBe(false);
  expect(sayTheSame(one, { ...one, reason: "SourceCorrupt" })).toBe(false);
  const failed = { ...one, type: "image.failed", reason: "Throttled" };
  expect(sayTheSame(failed, { ...failed, reason: "StoreUnavailable" })).toBe(true);
});

it("reads versions, and leaves out other texts", () => {
  const [read, ...others] = versionsOf(["{}", "no JSON", JSON.stringify({ ...ready, more: 1 })]);
  expect(others).toEqual([]);
  expect(read).toEqual(ready);
  expect(differing(readyItem, expectedItem(ready))).toEqual([]);
  expect(tellsOf(notice("ready 10", KEY, { seq: 10 }), ready)).toBe(false);
});
