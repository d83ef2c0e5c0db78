import { expect, it } from "vitest";
import { AHEAD, smallJobBytes } from "./small-job-bytes.ts";

const MIB = 1024 * 1024;

it("leaves a quarter of the function's memory alone, all renders and held sources counted", () => {
  const sourceBytes = 20 * MIB;
  const one = smallJobBytes({ functionBytes: 2048 * MIB, sourceBytes, renders: 2 });
  const held = (2 + AHEAD) * sourceBytes;
  expect(2 * one + held + 200 * MIB).toBeLessThanOrEqual(1536 * MIB);
  expect(one).toBeGreaterThan(500 * MIB);
});
