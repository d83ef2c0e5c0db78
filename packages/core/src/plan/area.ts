/** A size in px. */
export interface Area {
  readonly width: number;
  readonly height: number;
}

/**
 * The number of px of an area.
 *
 * @example
 * areaPixels({ width: 400, height: 300 }); // 120000
 */
export function areaPixels({ width, height }: Area): number {
  return width * height;
}

/**
 * Whether two areas have the same width and the same height.
 *
 * @example
 * sameArea({ width: 400, height: 300 }, { width: 300, height: 400 }); // false
 */
export function sameArea(a: Area, b: Area): boolean {
  return a.width === b.width && a.height === b.height;
}
