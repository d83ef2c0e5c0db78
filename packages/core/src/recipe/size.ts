/** A bounding size in px: at least one side is given. */
export interface Size {
  readonly width?: number;
  readonly height?: number;
}

/**
 * The largest side that may be asked for, in px: WebP's own limit (14 bits,
 * https://developers.google.com/speed/webp/docs/riff_container), the lowest
 * among the formats that we write.
 */
export const MAX_SIDE = 16_383;

export const SIZE_FORMS = '"360x270", "640w", "480h", "150x" or "x150"';

const FORMS: readonly RegExp[] = [
  /^(?<width>\d+)x(?<height>\d+)$/,
  /^(?<width>\d+)(?:w|x)$/,
  /^(?:x(?<height>\d+)|(?<height2>\d+)h)$/,
];

/**
 * Reads the shorthand: `360x270` a box, `640w` and `150x` a width, `480h` and `x150` a height; in px.
 *
 * @example
 * parseSize("360x270"); // { width: 360, height: 270 }
 */
export function parseSize(text: string): Size | undefined {
  for (const form of FORMS) {
    const groups = form.exec(text)?.groups;
    if (groups === undefined) continue;
    const width = groups["width"];
    const height = groups["height"] ?? groups["height2"];
    return {
      ...(width === undefined ? {} : { width: Number(width) }),
      ...(height === undefined ? {} : { height: Number(height) }),
    };
  }
  return undefined;
}
