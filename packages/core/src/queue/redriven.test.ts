import fc from "fast-check";
import { expect, it } from "vitest";
import { wasRedriven } from "./redriven.ts";

const at = fc.integer({ min: 0, max: 2_000_000_000_000 });
const leaseSeconds = fc.integer({ min: 3, max: 43_200 });

it("recognizes a message that was sent a lease after its own time, with clocks that differ by up to half a lease", () => {
  fc.assert(
    fc.property(
      at,
      leaseSeconds,
      fc.nat(),
      fc.double({ min: 0, max: 0.49, noNaN: true }),
      (own, lease, more, skew) => {
        const sentAt = own + lease * 1000 + more;
        expect(wasRedriven({ sentAt }, own + skew * lease * 1000, lease)).toBe(true);
      },
    ),
  );
});

it("counts a message that S3 sent at once as new, however long it waits in the queue", () => {
  fc.assert(
    fc.property(at, leaseSeconds, (own, lease) => {
      expect(wasRedriven({ sentAt: own + lease * 400 }, own, lease)).toBe(false);
      expect(wasRedriven({ sentAt: own - 2_000 }, own, lease)).toBe(false);
    }),
  );
});

it("counts a message as redriven when its clock is ahead", () => {
  expect(wasRedriven({ sentAt: 100_000 }, 106_000, 30)).toBe(true);
});
