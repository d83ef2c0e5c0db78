import { Rejection } from "../../../outcome/index.ts";
import type { SourceInfo } from "../../../plan/index.ts";
import type { Recipe } from "../../../recipe/index.ts";
import { isDisplayP3 } from "../../color/display-p3.ts";
import { grayColors } from "../../color/gray.ts";
import type { ByteReader } from "../../decode/byte-reader.ts";
import { unsupported } from "../unsupported.ts";
import { type FullPicture, fullPicture, placeOf } from "./full-picture.ts";
import { type Layout, layoutOf, orientationOf } from "./layout.ts";
import { readerOf } from "./reader.ts";
import { repackedAs } from "./repack.ts";

/** The information in a TIFF's directories that the codec does not report. */
export interface TiffDescription {
  /** The position of the image, and whether it is stored in tiles. */
  readonly place?: Pick<SourceInfo, "page" | "subifd" | "tiled">;
  /**
   * The complete description of a repacked image, whose header the codec may not be able to read.
   */
  readonly repacked?: SourceInfo;
}

/** The maximum size of a copied file: Node.js reads no more at once. */
const MOST_COPIED = 2 ** 31 - 1;

/**
 * Finds the full image of a TIFF and reads how it is stored. The result is empty if the directories
 * cannot be read or give no size: the codec then reports the problem.
 *
 * @throws Rejection `SourceUnsupported` for an unsupported layout, by name, and for directories
 *   that take far more work to read than a file of this size needs; `SourceTooLarge` for too many
 *   pages
 */
export async function describeTiff(
  reader: ByteReader,
  { limits }: Pick<Recipe, "limits">,
): Promise<TiffDescription> {
  const picture = await fullPicture(reader, limits.pages + 1);
  if (picture !== undefined && picture.pages > limits.pages) {
    throw new Rejection(
      "SourceTooLarge",
      `the source has more pages than limits.pages, ${limits.pages}`,
    );
  }
  const layout = picture && layoutOf(picture.directory);
  if (picture === undefined || layout === undefined) return {};
  const turnedAbove = turnOf(picture, layout) !== (layout.orientation ?? 1);
  const support = readerOf(layout, { turnedAbove });
  if (support.by === "none") throw unsupported(support.what);
  if (support.by === "repacking")
    return { repacked: await describeRepacked(picture, layout, reader) };
  return { place: { ...placeOf(picture), ...(layout.tiled && { tiled: true as const }) } };
}

/** The orientation of an image. The page above it may specify it instead. */
function turnOf({ above }: FullPicture, { orientation }: Layout): number {
  return orientation ?? (above && orientationOf(above)) ?? 1;
}

async function describeRepacked(
  picture: FullPicture,
  layout: Layout,
  reader: ByteReader,
): Promise<SourceInfo> {
  const { directory, pages } = picture;
  const { depth, ...repacked } = repackedAs(layout);
  const { bytes } = reader;
  if (repacked.copied && bytes > MOST_COPIED) {
    throw unsupported("a TIFF of more than 2 GiB that is neither gray nor RGB nor CMYK");
  }
  const orientation = turnOf(picture, layout);
  const [width, height] =
    orientation < 5 ? [layout.width, layout.height] : [layout.height, layout.width];
  const profile = directory.places.get(34675);
  // A profile does not apply to Lab.
  const icc =
    profile && repacked.color !== "lab" ? await reader.read(profile.at, profile.bytes) : undefined;
  const pixels = {
    format: "tiff",
    bands: layout.inks + (layout.alpha === undefined ? 0 : 1),
    depth,
  } as const;
  const colors = grayColors(icc, pixels);
  return {
    ...pixels,
    width,
    height,
    bytes,
    pages,
    alpha: layout.alpha !== undefined,
    progressive: false,
    subsampled: false,
    lossless: false,
    orientation,
    repacked,
    ...(layout.tiled && { tiled: true as const }),
    ...(icc && { icc: Uint8Array.from(icc), profiled: true as const }),
    ...(colors && { colors }),
    ...(isDisplayP3(icc) && { p3: true as const }),
  };
}
