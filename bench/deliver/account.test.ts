import { PRICES } from "@imagefleet/core/prices";
import { expect, it } from "vitest";
import { WAIT_SECONDS } from "../price/account.ts";
import { DELIVERY_WAIT_SECONDS, deliveryAccountOf } from "./account.ts";

const deliver = { images: 20, cpuSeconds: 0, calls: {}, logBytes: 0 };
const check = { ...deliver, batches: 2 };
const nothing = deliveryAccountOf({ deliver, check });
const seconds = (s: number) => s * 2 * PRICES.lambda.gibSecond;

it("prices an invocation per rendition, and a tenth of one per check", () => {
  expect(nothing.invocations).toBeCloseTo(1.1 * PRICES.lambda.request, 12);
  expect(nothing.compute).toBeCloseTo(seconds(DELIVERY_WAIT_SECONDS + WAIT_SECONDS), 12);
});

it("counts CloudFront's own read, and the requests of both functions", () => {
  expect(nothing.s3).toBeCloseTo(PRICES.s3.read, 12);
  const { s3, sqs } = deliveryAccountOf({
    deliver: { ...deliver, calls: { "s3 PutObject": 20, "sqs SendMessage": 20 } },
    check: { ...check, calls: { "s3 HeadObject": 40 } },
  });
  expect(s3).toBeCloseTo(PRICES.s3.write + 3 * PRICES.s3.read, 12);
  // Sent once; received and deleted ten at a time.
  expect(sqs).toBeCloseTo(1.2 * PRICES.sqs.request, 12);
});

it("bills the CPU time of both functions, and the total is the sum of the parts", () => {
  const { total, ...parts } = deliveryAccountOf({
    deliver: { ...deliver, cpuSeconds: (20 * 2048) / 1769, logBytes: 5000 },
    check: { ...check, cpuSeconds: (40 * 2048) / 1769 },
  });
  expect(parts.compute - nothing.compute).toBeCloseTo(seconds(3), 12);
  expect(total).toBeCloseTo(
    Object.values(parts).reduce((sum, each) => sum + each, 0),
    15,
  );
});
