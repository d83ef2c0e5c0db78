import { type Area, areaPixels, sameArea } from "./area.ts";
import type { RasterPlan, RenditionPlan } from "./plan.ts";

/**
 * The raster that the source is decoded to must have this many times the px of what is scaled from
 * it, on each side, or exactly as many. Scaling twice blurs. SSIM lost against gold (decoded at full
 * size, scaled once with Lanczos) by a second scaling, from rasters 200 / 640 / 1280 px wide of a
 * photo with print and grain:
 *
 * | by | 1.03 | 1.1 | 1.2 | 1.3 |
 * |---|---|---|---|---|
 * | | .0122 / .0070 / .0034 | .0069 / .0043 / .0022 | .0058 / .0021 / .0013 | .0037 / .0014 / .0012 |
 *
 * The bar is 0.005, and a chain of six steps (1600 to 150 px) lost 0.0035.
 */
const ENOUGH = 1.3;

/**
 * And a raster that was itself scaled from another, this many: of a page of print of 10 to 25 px, a
 * third scaling by 1.3 lost up to 0.0073, by 1.7 up to 0.0055, for no measurable CPU.
 */
const ENOUGH_AGAIN = 1.7;

/**
 * Where the largest size is at least this share of the source, the source itself is the raster:
 * nothing is scaled twice on the way to it, and scaling to a little less would cost as much as it
 * saves. Worst loss of a photo at eight widths, 900 px of 1600 the largest: 0.0031 and so 0.0001.
 */
const NEAR_SOURCE = 1 / 2;

/** Unless it has more px than this: three bytes each are held for as long as they are read from. */
const MOST_HELD = 12_000_000;

interface Node extends Area {
  readonly renditions: RenditionPlan[];
  readonly rasters: Node[];
}

/** Plans one decode for all these renditions (at least one), each from the smallest raster that will do. */
export function cascade(source: Area, renditions: readonly RenditionPlan[]): RasterPlan {
  const sizes = distinctSizes(renditions);
  const root = node(baseArea(source, sizes));
  const nodes = [root];
  for (const size of sizes) {
    const parent = nodes
      .filter((raster) => suffices(raster, size, raster === root ? source : undefined))
      .reduce((best, raster) => (areaPixels(raster) < areaPixels(best) ? raster : best), root);
    const own = sameArea(parent, size) ? parent : node(size);
    if (own !== parent) {
      parent.rasters.push(own);
      nodes.push(own);
    }
    own.renditions.push(...renditions.filter(({ scaled }) => sameArea(scaled, size)));
  }
  return folded(root);
}

/** The smallest raster, no larger than the source, from which every size can be had. */
function baseArea(source: Area, sizes: readonly Area[]): Area {
  const times = (factor: number): Area => ({
    width: side(source.width, factor, (size) => size.width),
    height: side(source.height, factor, (size) => size.height),
  });
  const side = (limit: number, factor: number, of: (size: Area) => number) =>
    Math.min(limit, Math.ceil(factor * Math.max(...sizes.map(of))));
  const tight = times(1);
  if (sizes.every((size) => suffices(tight, size, source))) return tight;
  const all = areaPixels(source);
  const near = all <= MOST_HELD && areaPixels(tight) >= NEAR_SOURCE ** 2 * all;
  return near ? source : times(ENOUGH);
}

/** @param source where the raster came straight from it: a side that was not scaled lost nothing */
function suffices(raster: Area, size: Area, source: Area | undefined): boolean {
  const least = source === undefined ? ENOUGH_AGAIN : ENOUGH;
  const enough = (has: number, needs: number, all?: number) =>
    has === needs || has === all || has >= needs * least;
  return (
    enough(raster.width, size.width, source?.width) &&
    enough(raster.height, size.height, source?.height)
  );
}

/** A raster that only one rendition needs is not worth keeping: the encoder scales as it reads. */
function folded({ rasters, ...raster }: Node): RasterPlan {
  const children = rasters.map(folded);
  const single = (child: RasterPlan) => child.rasters.length === 0 && child.renditions.length === 1;
  return {
    ...raster,
    renditions: [
      ...raster.renditions,
      ...children.filter(single).flatMap((child) => child.renditions),
    ],
    rasters: children.filter((child) => !single(child)),
  };
}

function distinctSizes(renditions: readonly RenditionPlan[]): Area[] {
  const sizes = new Map(
    renditions.map(({ scaled }) => [`${scaled.width}x${scaled.height}`, scaled]),
  );
  return [...sizes.values()].sort((a, b) => areaPixels(b) - areaPixels(a));
}

function node({ width, height }: Area): Node {
  return { width, height, renditions: [], rasters: [] };
}
