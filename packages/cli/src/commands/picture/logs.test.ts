import fc from "fast-check";
import { expect, it } from "vitest";
import { lineOf, patternOf } from "./logs.ts";

it("asks for a phrase of the key that needs no escape", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), (key) => {
      const pattern = patternOf(key);
      const [, phrase] = /^"([\w./-]+)"$/.exec(pattern) ?? [];
      expect(phrase === undefined ? pattern : key.includes(phrase)).toBe(
        phrase === undefined ? "key" : true,
      );
    }),
  );
  expect(patternOf('cats/"tom" & jerry.jpg')).toBe('"jerry.jpg"');
});

it("takes the lines about the source and its renditions, and no other", () => {
  const keys = ["cats/tom.jpg", "thumb/cats/tom.jpg.webp"];
  const of = (line: object) => lineOf(JSON.stringify(line), keys, 0);
  const time = "2026-11-28T10:00:00.000Z";
  const job = { level: 40, time, program: "consume", msg: "job", key: "cats/tom.jpg" };
  const failed = { ...job, outcome: "failed", reason: "Throttled", message: "S3 said SlowDown" };
  expect(of(failed)).toEqual({
    at: time,
    level: "warn",
    text: "consume job failed Throttled: S3 said SlowDown",
  });
  expect(of({ key: keys[1], msg: "delivery", answer: "made" })).toEqual({
    at: "1970-01-01T00:00:00.000Z",
    level: "info",
    text: "delivery thumb/cats/tom.jpg.webp made",
  });
  expect(of({ ...job, key: "cats/tom.jpg.png" })).toBeUndefined();
  expect(lineOf("START RequestId: cats/tom.jpg", keys, 0)).toBeUndefined();
});
