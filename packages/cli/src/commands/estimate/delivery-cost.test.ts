import fc from "fast-check";
import { expect, test } from "vitest";
import { viewsCost } from "../../delivery/cost.ts";
import type { Measured } from "../../sample/measure.ts";
import { bytesAView, sampleMadeCost } from "./delivery-cost.ts";

const measured: Measured = {
  lane: "small",
  bytesIn: 1000,
  bytesOut: 300,
  renditions: 3,
  cpuSeconds: 1,
  onRequest: [900],
  aloneSeconds: [0.2],
};

test("a view has the mean bytes of all renditions, those on request too", () => {
  const large = { ...measured, bytesOut: 800, renditions: 4, onRequest: [], aloneSeconds: [] };
  expect(bytesAView([measured])).toBe(300);
  expect(bytesAView([measured, large])).toBe(250);
});

test("a million views of 50 KiB cost CloudFront's prices, and S3's for what is no hit", () => {
  const cost = viewsCost(51_200, 0.9);
  // 48,828 MiB at $0.085 a GiB; a million at $0.01 per 10,000; two million runs at $0.10 a million.
  expect(cost.transferUsd).toBeCloseTo(4.053, 3);
  expect(cost.requestsUsd).toBeCloseTo(1, 10);
  expect(cost.functionsUsd).toBeCloseTo(0.2, 10);
  // 100,000 GET at $0.0004 a thousand.
  expect(cost.s3Usd).toBeCloseTo(0.04, 10);
  expect(cost.totalUsd).toBeCloseTo(5.293, 3);
});

test("more hits never cost more, and more bytes never less", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.nat(), fc.nat(), share, share, (a, b, one, other) => {
      const [few, many] = [Math.min(one, other), Math.max(one, other)];
      const [small, big] = [Math.min(a, b), Math.max(a, b)];
      expect(viewsCost(a, many).totalUsd).toBeLessThanOrEqual(viewsCost(a, few).totalUsd);
      expect(viewsCost(small, one).totalUsd).toBeLessThanOrEqual(viewsCost(big, one).totalUsd);
    }),
  );
});

test("a rendition made on request costs the function's time, seven reads, a write and a message", () => {
  const cost = sampleMadeCost([measured, { ...measured, aloneSeconds: [0.1, 0.3] }]);
  // 0.2 s of CPU on 1.158 vCPUs and 0.1 s of waiting.
  expect(cost?.secondsEach).toBeCloseTo(0.2728, 4);
  // With the job that checks: 0.2778 s of 2 GiB, and 1.1 invocations.
  expect(cost?.lambdaUsd).toBeCloseTo(7.627, 2);
  expect(cost?.s3Usd).toBeCloseTo(5 + 7 * 0.4, 10);
  expect(cost?.sqsUsd).toBeCloseTo(0.48, 10);
  expect(sampleMadeCost([{ ...measured, aloneSeconds: [] }])).toBeUndefined();
});
