import * as fc from "fast-check";
import { expect, it } from "vitest";
import { FUNCTION_BYTES, functionMemory } from "./function-memory.ts";

const MIB = 1024 * 1024;

it("leaves a quarter of the function's memory alone, all renders and held sources counted", () => {
  const options = fc.record({
    functionBytes: fc.integer({ min: 512, max: 10_240 }).map((mib) => mib * MIB),
    sourceBytes: fc.integer({ min: 1, max: 80 }).map((mib) => mib * MIB),
    renders: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(
    fc.property(options, ({ functionBytes, sourceBytes, renders }) => {
      const { inFlight, renderBytes } = functionMemory({ functionBytes, sourceBytes, renders });
      const peak = 200 * MIB + inFlight * sourceBytes + renderBytes;
      expect(peak).toBeLessThanOrEqual(functionBytes * 0.75);
      expect(inFlight).toBeGreaterThan(0);
    }),
  );
});

it("is what the docs say of the function as it is shipped", () => {
  const shipped = { functionBytes: FUNCTION_BYTES, sourceBytes: 20 * MIB, renders: 2 };
  expect(functionMemory(shipped)).toEqual({ inFlight: 4, renderBytes: 1256 * MIB });
});

it("fetches fewer ahead where sources may be large, and none where one fills the room", () => {
  const with2 = { functionBytes: FUNCTION_BYTES, renders: 2 };
  expect(functionMemory({ ...with2, sourceBytes: 200 * MIB }).inFlight).toBe(3);
  expect(functionMemory({ ...with2, sourceBytes: 5000 * MIB })).toEqual({
    inFlight: 1,
    renderBytes: 32 * MIB,
  });
});
