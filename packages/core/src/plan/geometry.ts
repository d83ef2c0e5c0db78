import type { Fit, Gravity, Preset } from "../recipe/index.ts";
import { type Area, sameArea } from "./area.ts";

interface Crop extends Area {
  readonly left: number;
  readonly top: number;
  /** Where it lies is found in the pixels; `left` and `top` are the center's. */
  readonly seek?: "attention" | "entropy";
}

/** How a whole upright picture becomes a rendition: scaled, then cropped or padded; in px. */
export interface Geometry extends Area {
  readonly scaled: Area;
  readonly crop?: Crop;
  readonly pad?: { readonly left: number; readonly top: number };
}

/**
 * The geometry that sharp's `resize` with the same options gives, computed from the source's own
 * size alone: what sharp computes from a picture that it shrank while loading can be a px off, and
 * then two ways of making one rendition would differ.
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
 * How many times larger than it may become the source is, on the side that decides: 1 or less where
 * `enlarge` alone could give all that was asked for.
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
  // A shrink of more than the side itself would leave 0 px of it.
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

/** libvips is given a factor, divides by its inverse and rounds half up: so is it done here. */
function scaledSide(side: number, shrink: number): number {
  const factor = 1 / shrink;
  return Math.max(
    1,
    factor > 1 ? Math.floor(side * factor + 0.5) : Math.floor(side / (1 / factor) + 0.5),
  );
}

/** Of an odd px, sharp leaves the larger half out at the left and top. */
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

/** Of an odd px, sharp puts the larger half at the right and bottom. */
function padded(scaled: Area, { gravity }: Preset, final: Area): Geometry {
  if (sameArea(final, scaled)) return { ...scaled, scaled };
  const { width, height } = final;
  const [x, y] = towards(gravity);
  const left = placed(x, width - scaled.width, Math.floor);
  const top = placed(y, height - scaled.height, Math.floor);
  return { width, height, scaled, pad: { left, top } };
}

type End = "start" | "middle" | "end";

/** Which end of each axis a gravity means. */
function towards(gravity: Gravity = "center"): [End, End] {
  const x = gravity.endsWith("west") ? "start" : gravity.endsWith("east") ? "end" : "middle";
  const y = gravity.startsWith("north") ? "start" : gravity.startsWith("south") ? "end" : "middle";
  return [x, y];
}

function placed(end: End, room: number, rounded: (half: number) => number): number {
  if (end === "start") return 0;
  return end === "end" ? room : rounded(room / 2);
}

/** As near to having this share of the side in the crop's middle as the side's ends let it. */
function centered(share: number, side: number, crop: number): number {
  return Math.max(0, Math.min(side - crop, Math.round(side * share - crop / 2)));
}
