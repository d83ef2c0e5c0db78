import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSize } from "./size.ts";

describe("parseSize", () => {
  const px = fc.nat({ max: 99_999 });

  it("reads a box", () => {
    fc.assert(
      fc.property(px, px, (width, height) => {
        expect(parseSize(`${width}x${height}`)).toEqual({ width, height });
      }),
    );
  });

  it("reads a width and a height, each in two ways", () => {
    fc.assert(
      fc.property(px, (side) => {
        expect(parseSize(`${side}w`)).toEqual({ width: side });
        expect(parseSize(`${side}x`)).toEqual({ width: side });
        expect(parseSize(`${side}h`)).toEqual({ height: side });
        expect(parseSize(`x${side}`)).toEqual({ height: side });
      }),
    );
  });

  it.each(["", "x", "150", "150 x 150", "-5w", "1.5w", "10x10x10", "w150", "150W", "1e3w", "٣w"])(
    "does not guess what %j means",
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );
});
