import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { Bodies } from "./bodies.ts";

function opened() {
  const db = new DatabaseSync(":memory:");
  const bodies = new Bodies(db);
  const chunks = () => db.prepare("SELECT count(*) AS n FROM body_chunks").get()?.["n"];
  return { bodies, chunks };
}

test("reads any span of any segments in buffers of at most 1 MiB", () => {
  const { bodies } = opened();
  const sizes = [0, 1, 1024 * 1024, 1024 * 1024 + 1, 3_000_000];
  const parts = sizes.map((size) => randomBytes(size));
  const segments = parts.map((part) => bodies.write(part));
  const whole = Buffer.concat(parts);
  const spans = [
    [0, whole.length],
    [0, 1],
    [1, 2],
    [1_048_570, 1_048_580],
    [2_097_150, 2_097_160],
    [whole.length - 1, whole.length],
    [5, 5],
  ] as const;
  for (const [start, end] of spans) {
    const read = [...bodies.read(segments, start, end)];
    expect(Buffer.concat(read).equals(whole.subarray(start, end))).toBe(true);
    expect(Math.max(0, ...read.map((one) => one.length))).toBeLessThanOrEqual(1024 * 1024);
  }
});

test("keeps a dropped segment until its last reader has finished", () => {
  const { bodies, chunks } = opened();
  const body = randomBytes(2_500_000);
  const segments = [bodies.write(body)];
  const [one, other] = [bodies.read(segments, 0, body.length), bodies.read(segments, 0, 1)];
  one.next();
  bodies.drop(segments);
  expect([...other]).toHaveLength(1);
  expect(chunks()).toBe(3);
  const rest = Buffer.concat([...one]);
  expect(rest.equals(body.subarray(1024 * 1024))).toBe(true);
  expect(chunks()).toBe(0);
});

test("removes a dropped segment when its reader stops early", () => {
  const { bodies, chunks } = opened();
  const segments = [bodies.write(randomBytes(2_500_000))];
  const reader = bodies.read(segments, 0, 2_500_000);
  reader.next();
  bodies.drop(segments);
  reader.return();
  expect(chunks()).toBe(0);
});

test("keepOnly removes all other segments", () => {
  const { bodies, chunks } = opened();
  const kept = bodies.write(Buffer.from("kept"));
  bodies.write(Buffer.from("orphan"));
  bodies.keepOnly([kept]);
  expect(chunks()).toBe(1);
  expect(Buffer.concat([...bodies.read([kept], 0, 4)]).toString()).toBe("kept");
});
