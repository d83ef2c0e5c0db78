import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readEnv } from "./env.ts";

const GIVEN = {
  AWS_REGION: "eu-west-1",
  IMAGEFLEET_RENDITION_BUCKET: "renditions",
  IMAGEFLEET_SMALL_QUEUE_URL: "https://sqs.test/small",
  IMAGEFLEET_SMALL_DLQ_URL: "https://sqs.test/small-dlq",
  IMAGEFLEET_LARGE_QUEUE_URL: "https://sqs.test/large",
};
/** The variable that infra sets, and the one that Lambda sets. */
const OURS = "IMAGEFLEET_FUNCTION_MEMORY_MB";
const LAMBDAS = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";

beforeEach(() => {
  for (const [name, value] of Object.entries(GIVEN)) vi.stubEnv(name, value);
  for (const name of [OURS, LAMBDAS]) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

describe("the function's memory", () => {
  it.each([
    [{ [OURS]: "2048", [LAMBDAS]: "3008" }, 2048],
    [{ [OURS]: "2048", [LAMBDAS]: "1024" }, 1024],
    [{ [OURS]: "128" }, 128],
    [{ [LAMBDAS]: "10240" }, 10_240],
  ])("is the smaller of the two variables: %j", (variables, mib) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    expect(readEnv().memoryMib).toBe(mib);
  });

  it("is required", () => {
    expect(readEnv).toThrow(`consume cannot start: ${OURS} is not set`);
  });

  it.each([OURS, LAMBDAS])("must be a size that a function can have: %s", (name) => {
    vi.stubEnv(OURS, "2048");
    for (const value of ["0", "127", "10241", "-2048", "2 GB", ""]) {
      vi.stubEnv(name, value);
      expect(readEnv).toThrow(
        `consume cannot start: ${name} is "${value}": it must be a whole number from 128 to 10240`,
      );
    }
  });
});
