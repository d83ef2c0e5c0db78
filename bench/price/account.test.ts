import { PRICES } from "@imagefleet/core/prices";
import { expect, it } from "vitest";
import { accountOf, WAIT_SECONDS } from "./account.ts";

const nothing = { images: 10, batches: 1, cpuSeconds: 0, calls: {}, logBytes: 0 };

it("prices S3 writes, reads and deletes", () => {
  const calls = {
    "s3 PutObject": 30,
    "s3 GetObject": 20,
    "s3 HeadObject": 10,
    "s3 DeleteObject": 7,
  };
  const { s3 } = accountOf({ ...nothing, calls });
  expect(s3).toBeCloseTo(3 * PRICES.s3.write + 3 * PRICES.s3.read, 12);
});

it("prices an unknown S3 call as a write", () => {
  const { s3 } = accountOf({ ...nothing, calls: { "s3 SomethingNew": 10 } });
  expect(s3).toBeCloseTo(PRICES.s3.write, 12);
});

it("counts the SQS requests of S3, of the event source and of the function", () => {
  const quiet = accountOf(nothing).sqs;
  expect(quiet).toBeCloseTo(1.2 * PRICES.sqs.request, 12);
  const { sqs } = accountOf({ ...nothing, calls: { "sqs SendMessage": 10 } });
  expect(sqs - quiet).toBeCloseTo(PRICES.sqs.request, 12);
});

it("bills the function's memory for CPU time and for waits", () => {
  const seconds = (s: number) => s * 2 * PRICES.lambda.gibSecond;
  const { compute } = accountOf({ ...nothing, cpuSeconds: (10 * 2048) / 1769 });
  expect(compute).toBeCloseTo(seconds(1 + WAIT_SECONDS), 12);
});

it("the total is the sum of the parts", () => {
  const counted = { ...nothing, cpuSeconds: 3, calls: { "s3 PutObject": 40 }, logBytes: 5000 };
  const { total, ...parts } = accountOf(counted);
  const sum = Object.values(parts).reduce((all, each) => all + each, 0);
  expect(total).toBeCloseTo(sum, 15);
});
