import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readEnv } from "./env.ts";

const GIVEN = { IMAGEFLEET_DISTRIBUTION_ID: "E1" };

beforeEach(() => {
  for (const [name, value] of Object.entries(GIVEN)) vi.stubEnv(name, value);
});
afterEach(() => vi.unstubAllEnvs());

it("reads the variables that infra and Lambda set", () => {
  expect(readEnv()).toEqual({ ...GIVEN, IMAGEFLEET_LOG_LEVEL: "info" });
});

it.each(Object.keys(GIVEN))("names a variable that is missing: %s", (name) => {
  vi.stubEnv(name, undefined);
  expect(readEnv).toThrow(`invalidate cannot start: ${name} is not set`);
});
