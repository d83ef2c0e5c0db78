import { readFileSync } from "node:fs";
import { catalogAccount, PRICES } from "@imagefleet/core/prices";
import { expect, it } from "vitest";
import { MILLION } from "./markdown.ts";

const baseline = readFileSync(new URL("../baselines/price.json", import.meta.url), "utf8");
const { figures }: { figures: Record<string, number> } = JSON.parse(baseline);
const rendering = figures["usd a million, three sizes"] ?? Number.NaN;

it("three sizes of a million photos with uploads, catalog and notifications cost less than $33", () => {
  const { total } = catalogAccount({ itemBytes: 1000, polls: 0 });
  expect(rendering + total * MILLION).toBeLessThan(33);
});

it("an item of more than 1 KB costs one write more, a poll a request and a read", () => {
  const { total } = catalogAccount({ itemBytes: 1000, polls: 0 });
  const larger = catalogAccount({ itemBytes: 1100, polls: 0 });
  expect(larger.total - total).toBeCloseTo(PRICES.dynamodb.write, 12);
  const polled = catalogAccount({ itemBytes: 1000, polls: 1 });
  expect(polled.table - catalogAccount({ itemBytes: 1000, polls: 0 }).table).toBeCloseTo(
    PRICES.dynamodb.read,
    12,
  );
});
