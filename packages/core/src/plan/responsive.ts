import type { Preset } from "../recipe/index.ts";
import type { Area } from "./area.ts";
import { type Geometry, geometryOf, shrinkOf } from "./geometry.ts";

export interface Sized {
  readonly preset: Preset;
  readonly geometry: Geometry;
}

/**
 * The presets that apply to a source, with their geometry. From a set of `widths`, it takes those
 * that the source has enough px for, and then the source's own size once: larger ones would give
 * the same image again.
 *
 * @example
 * sized({ width: 640, height: 480 }, recipe.presets).map(({ preset }) => preset.name);
 */
export function sized(source: Area, presets: readonly Preset[]): Sized[] {
  const ended = new Set<string>();
  return presets.flatMap((preset): Sized[] => {
    if (preset.responsive === undefined || preset.enlarge) {
      return [{ preset, geometry: geometryOf(source, preset) }];
    }
    const set = `${preset.name}/${preset.format}`;
    if (ended.has(set)) return [];
    const shrink = shrinkOf(source, preset);
    if (shrink > 1) return [{ preset, geometry: geometryOf(source, preset) }];
    ended.add(set);
    return [{ preset, geometry: geometryOf(source, within(preset, shrink)) }];
  });
}

/** The same proportions, as large as the source can fill. */
function within(preset: Preset, shrink: number): Preset {
  const { width, height } = preset;
  const side = (px: number) => Math.max(1, Math.round(px * shrink));
  return {
    ...preset,
    ...(width !== undefined && { width: side(width) }),
    ...(height !== undefined && { height: side(height) }),
  };
}
