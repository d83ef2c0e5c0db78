import type { RejectedReason } from "@imagefleet/core/outcome";
import sharp from "sharp";
import type { Rgb } from "./color.ts";
import { squarePng } from "./png.ts";

/** Bytes over which a source is for the large lane, in the chaos recipe. */
export const SMALL_LANE_BYTES = 8_192;
/** Pixels over which a source is rejected, in the chaos recipe. */
export const MOST_PIXELS = 30_000_000;

/** Sides in px: one that a function of 512 MiB may not decode, and one over the recipe's limit. */
const COSTLY_SIDE = 4_500;
const TOO_LARGE_SIDE = 5_600;
const HERO_WIDTHS = [8, 16, 24] as const;
const LATE_WIDTHS = [8, 16] as const;
const LATE_EXTENSIONS = ["webp", "jpg"] as const;
const SIDES = [6, 12, 20, 40] as const;
type Side = (typeof SIDES)[number];

/** The kind of a source by its content. */
export type Kind =
  | "picture"
  /** Over the small lane's byte limit. */
  | "heavy"
  /** Few bytes, many pixels: over the small lane's cost limit. */
  | "costly"
  | "corrupt"
  | "unsupported"
  | "empty"
  | "tooLarge";

export interface Content {
  readonly kind: Kind;
  /** px, of a picture */
  readonly side: Side;
  /** Distinguishes this version of a key from all others, in every rendition. */
  readonly color: Rgb;
  readonly format: "png" | "jpeg";
}

export const REJECTED: Readonly<Partial<Record<Kind, RejectedReason>>> = {
  corrupt: "SourceCorrupt",
  unsupported: "SourceUnsupported",
  empty: "SourceEmpty",
  tooLarge: "SourceTooLarge",
};

export function sideOf(number: number): Side {
  return SIDES[number % SIDES.length] ?? SIDES[0];
}

/** The content's bytes: the same for the same content. */
export async function bytesOf(content: Content): Promise<Buffer> {
  const { kind, color, side, format } = content;
  switch (kind) {
    case "picture":
      return format === "png" ? squarePng(side, color) : squareJpeg(side, color);
    case "heavy":
      return squarePng(40, color, SMALL_LANE_BYTES);
    case "costly":
      return squarePng(COSTLY_SIDE, color);
    case "corrupt": {
      const whole = format === "png" ? squarePng(40, color) : await squareJpeg(40, color);
      return whole.subarray(0, whole.length - 30);
    }
    case "unsupported":
      return Buffer.from(`a text, and no picture: ${color.join(" ")}\n`);
    case "empty":
      return Buffer.alloc(0);
    case "tooLarge":
      return squarePng(TOO_LARGE_SIDE, color);
  }
}

const jpegs = new Map<string, Promise<Buffer>>();

function squareJpeg(side: number, [r, g, b]: Rgb): Promise<Buffer> {
  const name = `${side} ${r} ${g} ${b}`;
  const create = { width: side, height: side, channels: 3, background: { r, g, b } } as const;
  const made = jpegs.get(name) ?? sharp({ create }).jpeg({ quality: 90 }).toBuffer();
  jpegs.set(name, made);
  return made;
}

/**
 * The keys of the renditions of a source that are made at its upload, as docs/recipe.md promises them for
 * the chaos recipe.
 */
export function renditionKeys(key: string, content: Content): string[] {
  if (REJECTED[content.kind]) return [];
  const path = written(key);
  const widths = widthsOf(content, HERO_WIDTHS);
  return [...widths.map((width) => `hero-${width}w/${path}.jpg`), `thumb/${path}.png`];
}

/** The keys of those that are made when a viewer requests them. */
export function onRequestKeys(key: string, content: Content): string[] {
  if (REJECTED[content.kind]) return [];
  return widthsOf(content, LATE_WIDTHS).flatMap((width) =>
    LATE_EXTENSIONS.map((ext) => `late-${width}w/${written(key)}.${ext}`),
  );
}

/** The keys of all renditions that a source can have, and the negotiated addresses. */
export function askableKeys(key: string): string[] {
  const path = written(key);
  return [
    ...HERO_WIDTHS.flatMap((width) =>
      ["jpg", "auto"].map((ext) => `hero-${width}w/${path}.${ext}`),
    ),
    ...LATE_WIDTHS.flatMap((width) =>
      [...LATE_EXTENSIONS, "auto"].map((ext) => `late-${width}w/${path}.${ext}`),
    ),
    `thumb/${path}.png`,
  ];
}

export function manifestKey(key: string): string {
  return `manifests/${written(key)}.json`;
}

/** The source of a manifest's key; undefined for another key. */
export function sourceOfManifest(key: string): string | undefined {
  return /^manifests\/(.*)\.json$/s.exec(key)?.[1]?.replaceAll("%25", "%");
}

/** The only character of the script's keys that the fleet encodes in output keys. */
function written(key: string): string {
  return key.replaceAll("%", "%25");
}

/** Each width up to the source's, and its own width in place of the first larger one. */
function widthsOf({ kind, side }: Content, widths: readonly number[]): readonly number[] {
  if (kind !== "picture") return widths;
  const reached = widths.filter((width) => width <= side).length;
  return widths.slice(0, widths[reached - 1] === side ? reached : reached + 1);
}
