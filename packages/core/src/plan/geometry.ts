import type { Fit, Preset } from "../recipe/index.ts";
import { type Area, sameArea } from "./area.ts";

/** How a whole upright picture becomes a rendition: scaled, then cropped or padded; in px. */
export interface Geometry extends Area {
  readonly scaled: Area;
  readonly crop?: Area & { readonly left: number; readonly top: number };
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
      return cropped(scaled, {
        width: Math.min(width, scaled.width),
        height: Math.min(height, scaled.height),
      });
    case "contain":
      return padded(scaled, {
        width: Math.max(width, scaled.width),
        height: Math.max(height, scaled.height),
      });
    default:
      return { ...scaled, scaled };
  }
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

/** At the centre; of an odd px, sharp leaves the larger half out at the left and top. */
function cropped(scaled: Area, final: Area): Geometry {
  if (sameArea(final, scaled)) return { ...scaled, scaled };
  const { width, height } = final;
  const left = Math.floor((scaled.width - width + 1) / 2);
  const top = Math.floor((scaled.height - height + 1) / 2);
  return { width, height, scaled, crop: { left, top, width, height } };
}

/** At the centre; of an odd px, sharp puts the larger half at the right and bottom. */
function padded(scaled: Area, final: Area): Geometry {
  if (sameArea(final, scaled)) return { ...scaled, scaled };
  const { width, height } = final;
  const left = Math.floor((width - scaled.width) / 2);
  const top = Math.floor((height - scaled.height) / 2);
  return { width, height, scaled, pad: { left, top } };
}
