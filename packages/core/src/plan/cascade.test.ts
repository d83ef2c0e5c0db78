import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FITS, type Preset } from "../recipe/index.ts";
import type { Area } from "./area.ts";
import { cascade } from "./cascade.ts";
import { geometryOf } from "./geometry.ts";
import type { RasterPlan, RenditionPlan } from "./plan.ts";

function rendition(source: Area, name: string, wanted: Partial<Preset>): RenditionPlan {
  const preset: Preset = {
    fit: "inside",
    enlarge: false,
    format: "webp",
    quality: 80,
    background: "#ffffff",
    name,
    ...wanted,
  };
  return { ...geometryOf(source, preset), preset, key: name };
}

function widths(source: Area, ...list: number[]): RenditionPlan[] {
  return list.map((width) => rendition(source, `${width}w`, { width }));
}

/** `1664(1280w 1200(900w))`: rasters by width, with everything that is made from each. */
function drawn({ width, renditions, rasters }: RasterPlan): string {
  const parts = [...renditions.map(({ preset }) => preset.name), ...rasters.map(drawn)];
  return `${width}(${parts.join(" ")})`;
}

function everyRaster(raster: RasterPlan): RasterPlan[] {
  return [raster, ...raster.rasters.flatMap(everyRaster)];
}

const photo = { width: 4000, height: 3000 };

describe("cascade", () => {
  const small = { width: 900, height: 600 };
  it.each([
    ["each from the one above", photo, widths(photo, 150, 400, 800), "800(800w 400(400w 150w))"],
    ["one alone", photo, widths(photo, 640), "640(640w)"],
    [
      "the full size: nothing is lost by that",
      photo,
      widths(photo, 5000, 3900),
      "4000(5000w 3900w)",
    ],
    ["two that are too close: both from more", photo, widths(photo, 1000, 950), "1300(1000w 950w)"],
    ["of a small source: from all of it", small, widths(small, 800, 780), "900(800w 780w)"],
    [
      "near the source: from all of it, and from one another only where that is much less",
      { width: 1600, height: 1200 },
      widths({ width: 1600, height: 1200 }, 900, 860, 640, 480, 400),
      "1600(900w 640w 860(860w 480w 400w))",
    ],
    [
      "near a source of many px: from as much as is needed",
      { width: 6000, height: 4000 },
      widths({ width: 6000, height: 4000 }, 4000, 3600),
      "5200(4000w 3600w)",
    ],
    [
      "two formats of one size share its raster",
      photo,
      [
        ...widths(photo, 1600),
        rendition(photo, "webp", { width: 800 }),
        rendition(photo, "jpeg", { width: 800, format: "jpeg" }),
      ],
      "1600(1600w 800(webp jpeg))",
    ],
  ])("%s", (_name, source, renditions, expected) => {
    expect(drawn(cascade(source, renditions))).toBe(expected);
  });

  it("derives every rendition once, from a raster with enough px of it", () => {
    const side = fc.integer({ min: 1, max: 4000 });
    const wanted = fc.record({
      width: side,
      height: side,
      fit: fc.constantFrom(...FITS),
      enlarge: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.record({ width: side, height: side }),
        fc.array(wanted, { minLength: 1, maxLength: 8 }),
        (source, presets) => {
          const renditions = presets.map((preset, at) => rendition(source, String(at), preset));
          const root = cascade(source, renditions);
          expect(root.width).toBeLessThanOrEqual(source.width);
          expect(root.height).toBeLessThanOrEqual(source.height);
          const rasters = everyRaster(root);
          expect(
            rasters.flatMap((raster) => raster.renditions.map(({ key }) => key)).sort(),
          ).toEqual(renditions.map(({ key }) => key).sort());
          for (const raster of rasters) {
            const whole = raster === root ? source : undefined;
            const made = [...raster.rasters, ...raster.renditions.map(({ scaled }) => scaled)];
            for (const area of made) {
              expect(
                area.width * 1.3 <= raster.width ||
                  area.width === raster.width ||
                  raster.width === whole?.width,
              ).toBe(true);
              expect(
                area.height * 1.3 <= raster.height ||
                  area.height === raster.height ||
                  raster.height === whole?.height,
              ).toBe(true);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
