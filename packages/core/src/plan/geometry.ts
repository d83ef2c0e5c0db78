import type { Fit, Gravity, Preset } from "../recipe/index.ts";
import { type Area, sameArea } from "./area.ts";

interface Crop extends Area {
  readonly left: number;
  readonly top: number;
  /**
   * The position of the crop is found in the pixels; `left` and `top` are those of a centered crop.
   */
  readonly seek?: "attention" | "entropy";
}

/** How the whole upright image becomes a rendition: it is scaled, then cropped or padded. In px. */
export interface Geometry extends Area {
  readonly scaled: Area;
  readonly crop?: Crop;
  readonly pad?: { readonly left: number; readonly top: number };
}

/**
 * Computes the geometry that sharp's `resize` gives with the same options, from the source's own
 * size alone. The geometry that sharp computes after it shrinks an image during loading can differ
 * by one px, so that two ways of making one rendition would give different sizes.
 *
 * @example
 * const widths = recipe.presets.map((preset) => geometryOf(info, preset).width); // px
 */
export function geometryOf(source: Area, preset: Preset): Geometry {
  const scaled = scaledArea(source, preset);
  const { width = scaled.width, height = scaled.height } = preset;
  switch (preset.fit) {
    case "cover":
      return cropped(scaled, preset, {
        width: Math.min(width, scaled.width),
        height: Math.min(height, scaled.height),
      });
    case "contain":
      return padded(scaled, preset, {
        width: Math.max(width, scaled.width),
        height: Math.max(height, scaled.height),
      });
    default:
      return { ...scaled, scaled };
  }
}

/**
 * The factor by which the source is larger than the preset allows, on the side that decides. It is
 * 1 or less if only `enlarge` could give the full requested size.
 */
export function shrinkOf(source: Area, { width, height, fit }: Preset): number {
  const across = width === undefined ? undefined : source.width / width;
  const down = height === undefined ? undefined : source.height / height;
  return Math.min(...joined(across, down, fit));
}

function scaledArea(source: Area, preset: Preset): Area {
  const [across, down] = shrinks(source, preset);
  return { width: scaledSide(source.width, across), height: scaledSide(source.height, down) };
}

function shrinks(source: Area, { width, height, fit, enlarge }: Preset): [number, number] {
  const across = width === undefined ? undefined : source.width / width;
  const down = height === undefined ? undefined : source.height / height;
  const [h, v] = joined(across, down, fit);
  // A shrink by more than the side's length would leave 0 px.
  const limit = (shrink: number, side: number) =>
    Math.min(enlarge ? shrink : Math.max(1, shrink), side);
  return [limit(h, source.width), limit(v, source.height)];
}

function joined(across: number | undefined, down: number | undefined, fit: Fit): [number, number] {
  if (across === undefined || down === undefined) {
    const shrink = across ?? down ?? 1;
    return [shrink, shrink];
  }
  if (fit === "fill") return [across, down];
  const shrink =
    fit === "cover" || fit === "outside" ? Math.min(across, down) : Math.max(across, down);
  return [shrink, shrink];
}

/** libvips gets a factor, divides by its inverse and rounds half up. This does the same. */
function scaledSide(side: number, shrink: number): number {
  const factor = 1 / shrink;
  return Math.max(
    1,
    factor > 1 ? Math.floor(side * factor + 0.5) : Math.floor(side / (1 / factor) + 0.5),
  );
}

/** If an odd number of px is cut off, sharp cuts the larger half at the left and top. */
function cropped(scaled: Area, { gravity, focus }: Preset, final: Area): Geometry {
  if (sameArea(final, scaled)) return { ...scaled, scaled };
  const { width, height } = final;
  const [across, down] = focus
    ? [centered(focus.x, scaled.width, width), centered(focus.y, scaled.height, height)]
    : [undefined, undefined];
  const [x, y] = towards(gravity);
  const left = across ?? placed(x, scaled.width - width, Math.ceil);
  const top = down ?? placed(y, scaled.height - height, Math.ceil);
  const seek = gravity === "attention" || gravity === "entropy" ? { seek: gravity } : {};
  return { width, height, scaled, crop: { left, top, width, height, ...seek } };
}

/** If an odd number of px is added, sharp adds the larger half at the right and bottom. */
function padded(scaled: Area, { gravity }: Preset, final: Area): Geometry {
  if (sameArea(final, scaled)) return { ...scaled, scaled };
  const { width, height } = final;
  const [x, y] = towards(gravity);
  const left = placed(x, width - scaled.width, Math.floor);
  const top = placed(y, height - scaled.height, Math.floor);
  return { width, height, scaled, pad: { left, top } };
}

type End = "start" | "middle" | "end";

/** Maps a gravity to a position on each axis. */
function towards(gravity: Gravity = "center"): [End, End] {
  const x = gravity.endsWith("west") ? "start" : gravity.endsWith("east") ? "end" : "middle";
  const y = gravity.startsWith("north") ? "start" : gravity.startsWith("south") ? "end" : "middle";
  return [x, y];
}

function placed(end: End, room: number, rounded: (half: number) => number): number {
  if (end === "start") return 0;
  return end === "end" ? room : rounded(room / 2);
}

/** Places the crop so that its center is as close as possible to this share of the side. */
function centered(share: number, side: number, crop: number): number {
  return Math.max(0, Math.min(side - crop, Math.round(side * share - crop / 2)));
}
