import readExif from "exif-reader";
import type { Sharp, Exif as SharpExif } from "sharp";
import type { RenditionPlan } from "../../plan/index.ts";
import type { Preset } from "../../recipe/index.ts";

type Tags = Readonly<Record<string, unknown>>;
type Keep = NonNullable<Preset["keep"]>[number];

/** The EXIF of a source by directory. */
export interface Exif {
  readonly image: Tags;
  readonly photo: Tags;
  readonly place: Tags;
}

/**
 * The tags that may be kept, by name. A directory is never kept as a whole: maker notes, serial
 * numbers, owner names, thumbnails of the uncropped image and unknown tags stay out.
 */
const COPYRIGHT = ["Copyright", "Artist"];
const CAMERA = ["Make", "Model", "ImageDescription"];
const SHOT = [
  "DateTimeOriginal",
  "OffsetTimeOriginal",
  "ExposureTime",
  "FNumber",
  "ISOSpeedRatings",
  "FocalLength",
  "FocalLengthIn35mmFilm",
];
const PLACE = ["GPSLatitudeRef", "GPSLatitude", "GPSLongitudeRef", "GPSLongitude", "GPSAltitude"];

/** Parses a block of EXIF. An invalid block contains nothing worth keeping. */
export function parseExif(block: Buffer | undefined): Exif | undefined {
  if (block === undefined) return undefined;
  try {
    const { Image: image = {}, Photo: photo = {}, GPSInfo: place = {} } = readExif(block);
    return { image: { ...image }, photo: { ...photo }, place: { ...place } };
  } catch {
    return undefined;
  }
}

/** Whether a preset keeps anything that is read from the source's EXIF. */
export function keepsExif({ keep = [] }: Preset): boolean {
  return keep.some((kept) => kept !== "icc");
}

/**
 * Makes the encoder write the metadata that the preset keeps, and nothing else that the pipeline
 * carries.
 */
export function withMetadata(pipeline: Sharp, { preset, wide }: RenditionPlan, exif?: Exif): Sharp {
  const { keep = [] } = preset;
  // Without its profile, the numbers of a P3 rendition would mean other colors.
  if (wide) pipeline.keepIccProfile();
  else if (keep.includes("icc")) pipeline.withIccProfile("srgb");
  const tags = exif && keptTags(exif, keep);
  return tags ? pipeline.withExif(tags) : pipeline;
}

function keptTags({ image, photo, place }: Exif, keep: readonly Keep[]): SharpExif | undefined {
  const all = keep.includes("exif");
  const first = [...(all || keep.includes("copyright") ? COPYRIGHT : []), ...(all ? CAMERA : [])];
  const tags = {
    IFD0: written(image, first),
    IFD2: written(photo, all ? SHOT : []),
    IFD3: written(place, keep.includes("gps") ? PLACE : []),
  };
  return Object.values(tags).some((directory) => Object.keys(directory).length > 0)
    ? tags
    : undefined;
}

function written(tags: Tags, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const text = textOf(tags[name], RATIONAL.has(name));
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

const RATIONAL = new Set([
  "ExposureTime",
  "FNumber",
  "FocalLength",
  "GPSLatitude",
  "GPSLongitude",
  "GPSAltitude",
]);

/** Formats a value as text that libexif parses. */
function textOf(value: unknown, rational: boolean): string | undefined {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) return undefined;
    return value.toISOString().slice(0, 19).replaceAll("-", ":").replace("T", " ");
  }
  if (typeof value === "string") return value === "" ? undefined : value;
  if (typeof value === "number" && Number.isFinite(value)) {
    return rational ? fraction(value) : String(value);
  }
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const parts = value.map((part) => textOf(part, rational));
  return parts.includes(undefined) ? undefined : parts.join(" ");
}

/**
 * A value below 1 as a unit fraction, as exposure times are written; otherwise in ten-thousandths.
 */
function fraction(value: number): string {
  const inverse = 1 / value;
  if (value > 0 && value < 1 && Math.abs(inverse - Math.round(inverse)) < 1e-6 * inverse) {
    return `1/${Math.round(inverse)}`;
  }
  return `${Math.round(value * 10_000)}/10000`;
}
