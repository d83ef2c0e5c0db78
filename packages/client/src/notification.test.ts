import { expect, it } from "vitest";
import { parseNotification } from "./notification.ts";

const READY = {
  version: 1,
  id: "0f".repeat(16),
  type: "image.ready",
  at: "2026-11-27T12:00:00.000Z",
  bucket: "photos",
  key: "uploads/alice/01KB2M3N4P5Q6R7S8T9V0W1X2Y.jpg",
  user: "alice",
  uploadId: "01KB2M3N4P5Q6R7S8T9V0W1X2Y",
  seq: 1_795_780_800_000,
  first: true,
  source: { etag: '"0a1b2c3d"', bytes: 10, width: 4, height: 3, format: "jpeg" },
  placeholder: { thumbhash: "WFgK", color: "#4a5974" },
  renditions: [
    {
      preset: "hero",
      key: "hero-640w/a.jpg.webp",
      url: "https://images.example.com/hero-640w/a.jpg.webp?v=0a1b2c3d",
      width: 640,
      height: 480,
      format: "webp",
      when: "upload",
      bytes: 5,
    },
  ],
  manifestKey: "manifests/uploads/alice/01KB2M3N4P5Q6R7S8T9V0W1X2Y.jpg.json",
};

it("returns a notification, without what a later fleet has added", () => {
  expect(parseNotification({ ...READY, added: true })).toEqual(READY);
});

it("takes one without what only some have", () => {
  const { version, id, at, bucket, key } = READY;
  const removed = { version, id, at, bucket, key, type: "image.removed" };
  expect(parseNotification(removed)).toEqual(removed);
});

it.each([
  [{ ...READY, version: 2 }, "version"],
  [{ ...READY, type: "image.seen" }, "type"],
  [{ ...READY, seq: "1" }, "seq"],
  [{ ...READY, at: "yesterday" }, "at"],
  [{ ...READY, renditions: [{ preset: "hero" }] }, "renditions.0.key"],
  [{}, "version"],
  [undefined, "it"],
])("names the first field that is wrong", (input, field) => {
  expect(() => parseNotification(input)).toThrow(`not a notification of Imagefleet: ${field}: `);
});
