import { type Area, areaPixels, sameArea } from "./area.ts";
import type { RasterPlan, RenditionPlan } from "./plan.ts";

/**
 * The raster that the source is decoded to must have at least this many times the px of each size
 * that is scaled from it, on each side, or exactly the same px. Scaling twice blurs. The table
 * shows the SSIM that a second scaling loses against a reference (decoded at full size, scaled once
 * with Lanczos), from rasters 200 / 640 / 1280 px wide of a photo with print and grain:
 *
 * | by | 1.03 | 1.1 | 1.2 | 1.3 |
 * |---|---|---|---|---|
 * | | .0122 / .0070 / .0034 | .0069 / .0043 / .0022 | .0058 / .0021 / .0013 | .0037 / .0014 / .0012 |
 *
 * The accepted loss is 0.005. A chain of six steps (1600 to 150 px) lost 0.0035.
 */
const ENOUGH = 1.3;

/**
 * The same factor for a raster that was itself scaled from another. On a page of print of 10 to 25
 * px, a third scaling by 1.3 lost up to 0.0073 and by 1.7 up to 0.0055, at no measurable CPU cost.
 */
const ENOUGH_AGAIN = 1.7;

/**
 * If the largest size is at least this share of the source, the source itself is the raster. No
 * size is then scaled twice, and scaling to a slightly smaller raster would cost as much as it
 * saves. The worst loss of a photo at eight widths, the largest 900 px of 1600, falls from 0.0031
 * to 0.0001.
 */
const NEAR_SOURCE = 1 / 2;

/**
 * The source is not the raster if it has more px than this: 3 bytes per px are held while they are
 * read.
 */
const MOST_HELD = 12_000_000;

interface Node extends Area {
  readonly renditions: RenditionPlan[];
  readonly rasters: Node[];
}

/**
 * Plans one decode for all these renditions (at least one). Each is made from the smallest raster
 * that suffices.
 */
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

/** The smallest raster, no larger than the source, from which every size can be made. */
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

/**
 * @param source given if the raster is decoded directly from it: a side that is not scaled loses
 *   nothing
 */
function suffices(raster: Area, size: Area, source: Area | undefined): boolean {
  const least = source === undefined ? ENOUGH_AGAIN : ENOUGH;
  const enough = (has: number, needs: number, all?: number) =>
    has === needs || has === all || has >= needs * least;
  return (
    enough(raster.width, size.width, source?.width) &&
    enough(raster.height, size.height, source?.height)
  );
}

/** Removes rasters that only one rendition needs: the encoder scales while it reads. */
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
