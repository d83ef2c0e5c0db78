import fc from "fast-check";
import { expect, it } from "vitest";
import { inBatches } from "./in-batches.ts";

it("keeps every message, in order, in batches that SQS accepts", () => {
  const message = fc.record({
    body: fc.oneof(fc.string(), fc.constantFrom("x".repeat(100_000), "ü".repeat(131_072))),
    attributes: fc.dictionary(fc.string(), fc.string()),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 40 }), (messages) => {
      const batches = [...inBatches(messages)];
      expect(batches.flat()).toEqual(messages);
      for (const batch of batches) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(10);
        const bytes = batch.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
        expect(batch.length === 1 || bytes <= 262_144).toBe(true);
      }
    }),
  );
});
