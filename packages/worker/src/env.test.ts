import { expect, it } from "vitest";
import { readEnv } from "./env.ts";

const common = {
  AWS_REGION: "eu-west-1",
  IMAGEFLEET_RENDITION_BUCKET: "renditions",
  IMAGEFLEET_LARGE_QUEUE_URL: "https://sqs.test/large",
};
const small = {
  IMAGEFLEET_SMALL_QUEUE_URL: "https://sqs.test/small",
  IMAGEFLEET_SMALL_DLQ_URL: "https://sqs.test/small-dlq",
};
const large = { IMAGEFLEET_LARGE_DLQ_URL: "https://sqs.test/large-dlq" };

it("drains the large lane by default, whatever else is set", () => {
  const { lanes } = readEnv({ ...common, ...small, ...large });
  expect(lanes).toEqual([
    { lane: "large", queue: "https://sqs.test/large", deadLetters: "https://sqs.test/large-dlq" },
  ]);
});

it("drains the given lanes", () => {
  const lanesOf = (names: string) =>
    readEnv({ ...common, ...small, ...large, IMAGEFLEET_LANES: names }).lanes.map((l) => l.lane);
  expect(lanesOf("small")).toEqual(["small"]);
  expect(lanesOf("large, small")).toEqual(["small", "large"]);
  expect(readEnv({ ...common, ...small, IMAGEFLEET_LANES: "small" }).lanes).toHaveLength(1);
});

it("accepts one source bucket or none, and explains what to do with more", () => {
  const bucketsOf = (names: string) =>
    readEnv({ ...common, ...large, IMAGEFLEET_SOURCE_BUCKETS: names }).IMAGEFLEET_SOURCE_BUCKETS;
  expect(bucketsOf("")).toEqual([]);
  expect(bucketsOf("photos")).toEqual(["photos"]);
  expect(() => bucketsOf("photos,")).toThrow("it must be the name of a bucket");
  expect(() => bucketsOf("photos,scans")).toThrow(
    'IMAGEFLEET_SOURCE_BUCKETS is "photos,scans": sources of two buckets would have the same rendition keys: deploy a fleet for each bucket',
  );
});

it("reports a missing variable of a lane, and a value that is not a lane", () => {
  expect(() => readEnv({ ...common, IMAGEFLEET_LANES: "small,large" })).toThrow(
    "the worker cannot start: IMAGEFLEET_SMALL_QUEUE_URL is not set; " +
      "IMAGEFLEET_SMALL_DLQ_URL is not set; IMAGEFLEET_LARGE_DLQ_URL is not set",
  );
  expect(() => readEnv({ ...common, ...large, IMAGEFLEET_LANES: "tiny" })).toThrow(
    /"tiny".*: it must be a list of lanes \(small or large\), separated by commas/,
  );
});
