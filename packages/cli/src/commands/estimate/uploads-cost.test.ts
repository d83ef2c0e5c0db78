import { PRICES } from "@imagefleet/core/prices";
import { expect, test } from "vitest";
import type { Measured } from "../../sample/measure.ts";
import { uploadsCost } from "./uploads-cost.ts";

const measured: Measured = {
  lane: "small",
  bytesIn: 1000,
  bytesOut: 300,
  renditions: 1,
  cpuSeconds: 1,
  onRequest: [],
  aloneSeconds: [],
};

test("a million uploads cost the API's requests, the table's writes and what keeps it", () => {
  const cost = uploadsCost([measured]);
  expect(cost.itemBytes).toBe(637);
  // One request that begins the upload, and two that ask, at $1 a million, and the function's time.
  expect(cost.apiUsd).toBeGreaterThan(3);
  // Three writes at the beginning, the item and its index; it is read before, and by each of the two.
  expect(cost.tableUsd).toBeCloseTo(5 * 0.625 + 3 * 0.125, 10);
  expect(cost.totalUsd).toBeCloseTo(cost.apiUsd + cost.tableUsd + cost.catalogUsd, 10);
});

test("renditions on request are in the item as well, which costs a write for each KB", () => {
  const many = { ...measured, renditions: 2, onRequest: [1, 1] };
  const [few, more] = [uploadsCost([measured]), uploadsCost([many])];
  expect(more.itemBytes).toBe(1177);
  expect(more.tableUsd - few.tableUsd).toBeCloseTo(1_000_000 * PRICES.dynamodb.write, 10);
});
