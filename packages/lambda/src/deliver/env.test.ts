import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readEnv } from "./env.ts";

const GIVEN = {
  AWS_REGION: "eu-west-1",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "2048",
  IMAGEFLEET_RENDITION_BUCKET: "renditions",
  IMAGEFLEET_SOURCE_BUCKETS: "sources",
  IMAGEFLEET_SMALL_QUEUE_URL: "https://sqs.test/small",
  IMAGEFLEET_LARGE_QUEUE_URL: "https://sqs.test/large",
};

beforeEach(() => {
  for (const [name, value] of Object.entries(GIVEN)) vi.stubEnv(name, value);
});
afterEach(() => vi.unstubAllEnvs());

it("reads the variables that infra and Lambda set", () => {
  expect(readEnv()).toMatchObject({ IMAGEFLEET_SOURCE_BUCKETS: ["sources"], memoryMib: 2048 });
});

it.each(Object.keys(GIVEN).filter((name) => name !== "IMAGEFLEET_SOURCE_BUCKETS"))(
  "names a variable that is missing: %s",
  (name) => {
    vi.stubEnv(name, undefined);
    const named = name.replace("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "IMAGEFLEET_FUNCTION_MEMORY_MB");
    expect(readEnv).toThrow(`deliver cannot start: ${named} is not set`);
  },
);

it.each([undefined, ""])("requires the bucket of the sources: %j", (value) => {
  vi.stubEnv("IMAGEFLEET_SOURCE_BUCKETS", value);
  expect(readEnv).toThrow("IMAGEFLEET_SOURCE_BUCKETS");
});
