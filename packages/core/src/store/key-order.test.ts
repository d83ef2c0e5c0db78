import fc from "fast-check";
import { expect, it } from "vitest";
import { compareKeys } from "./key-order.ts";

it("is the order of the bytes in UTF-8", () => {
  const key = fc.string({ unit: fc.constantFrom("a", "b", "-", "ü", "\ue000", "\uffee", "🐱") });
  fc.assert(
    fc.property(key, key, (a, b) => {
      const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareKeys(a, b))).toBe(bytes);
    }),
  );
});
