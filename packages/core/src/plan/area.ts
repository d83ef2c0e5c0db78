/** A size in px. */
export interface Area {
  readonly width: number;
  readonly height: number;
}

export function areaPixels({ width, height }: Area): number {
  return width * height;
}

export function sameArea(a: Area, b: Area): boolean {
  return a.width === b.width && a.height === b.height;
}
