import type { Colors } from "../../../plan/index.ts";
import { colorsOf, isSrgb, SRGB } from "../../color/code-points.ts";
import type { ByteReader } from "../../decode/byte-reader.ts";
import { av1CodePoints, type CodePoints } from "./av1.ts";
import { hevcCodePoints } from "./hevc.ts";
import {
  derivations,
  type Extent,
  type IsoFile,
  type Item,
  MOST_DERIVATIONS,
  propertyOf,
} from "./picture.ts";

const NAMES: Readonly<Record<string, string>> = {
  vvc1: "VVC",
  evc1: "EVC",
  avc1: "AVC",
  jpeg: "JPEG",
  j2k1: "JPEG 2000",
  unci: "no compression",
  hvt1: "HEVC tiles",
  av02: "AV2",
  jxs1: "JPEG XS",
  av01: "AV1",
  hvc1: "HEVC",
};

/**
 * The coding of the image, below all grids and transformations. It is undefined if the file
 * contains none of it, which the decoder then reports.
 */
export function pictureKind(
  file: IsoFile,
): { readonly format: "avif" | "heic" } | { readonly unsupported: string } | undefined {
  const kinds = new Set(leaves(file).map(({ type }) => type));
  const [kind] = kinds;
  if (kind === undefined) return undefined;
  if (kinds.size === 1 && kind === "av01") return { format: "avif" };
  if (kinds.size === 1 && kind === "hvc1") return { format: "heic" };
  if (["grid", "iovl", "iden", "tmap"].includes(kind)) return undefined;
  const names = [...kinds].map((one) => NAMES[one] ?? one.replace(/[^ -~]/g, "?").trim());
  return { unsupported: `a HEIF with an image in ${names.join(" and ")}` };
}

/** Whether colors are stored premultiplied by alpha: ISO/IEC 23008-12, 6.10.1.3. */
export function isPremultiplied({ primary, references }: IsoFile): boolean {
  return references.some(({ type, from }) => type === "prem" && from === primary);
}

/**
 * The coded images that the primary image is composed of, or the primary image itself if it is
 * coded.
 */
function leaves(file: IsoFile): Item[] {
  const { primary, items } = file;
  const derived = derivations(file);
  const seen = new Set<number>();
  const found: Item[] = [];
  const visit = (id: number, depth: number) => {
    const item = items.get(id);
    if (item === undefined || seen.has(id)) return;
    seen.add(id);
    const parts = derived.get(id);
    if (parts === undefined) found.push(item);
    else if (depth < MOST_DERIVATIONS) for (const to of parts) visit(to, depth + 1);
  };
  visit(primary, 0);
  return found;
}

const UNSUPPORTED_MATRICES: Readonly<Record<number, string>> = {
  10: "BT.2020 of constant luminance",
  13: "constant luminance by its primaries",
  14: "ICtCp",
};

/** The colors that the image specifies. */
export interface IsoColors {
  /** The colors by code points, if there is no profile and they are not sRGB's. */
  readonly colors?: Colors;
  /** The name of a color encoding that the decoders do not support. */
  readonly unsupported?: string;
}

/**
 * The colors of an AVIF or HEIC. A profile takes precedence over code points (ISO/IEC 23000-22,
 * 7.3.6.4), the container over the bitstream, and the image's own values over those of its parts.
 */
export async function isoColors(file: IsoFile, reader: ByteReader): Promise<IsoColors> {
  const primary = file.items.get(file.primary);
  const leaf = leaves(file)[0];
  const described = [primary, leaf].filter((item) => item !== undefined);
  const boxes = (type: string) =>
    described.flatMap(({ properties }) =>
      properties.filter(({ box }) => box.type === type).map(({ box }) => box.body),
    );
  const colr = boxes("colr");
  const nclx = colr.find((body) => body.toString("latin1", 0, 4) === "nclx");
  const profiled = colr.some((body) => /^(?:prof|rICC)$/.test(body.toString("latin1", 0, 4)));
  const points =
    (nclx && nclx.length >= 10 ? ofBox(nclx) : undefined) ??
    (leaf && (await ofBitstream(leaf, reader)));
  if (points === undefined) return {};
  const unsupported = UNSUPPORTED_MATRICES[points.matrix];
  if (unsupported !== undefined) return { unsupported };
  if (profiled) return {};
  // clli and mdcv are plain boxes, so they have no version and flags in bytes 0 to 4.
  const peak = boxes("clli")[0]?.readUInt16BE(0) || (boxes("mdcv")[0]?.readUInt32BE(16) ?? 0) / 1e4;
  const narrow = leaf && points.full === false ? narrowGray(leaf) : undefined;
  const colors = {
    // Browsers do the same: they treat samples with the camera curves as sRGB.
    ...colorsOf(points.primaries, points.transfer, SRGB),
    ...(narrow && { narrow }),
    ...(peak > 0 && { peak }),
  };
  return isSrgb(colors) ? {} : { colors };
}

/**
 * The bit depth of a monochrome image in narrow range. libheif leaves its samples unchanged, while
 * it expands those of all other images.
 */
function narrowGray(item: Item): Colors["narrow"] {
  const [hevc, av1] = [propertyOf(item, "hvcC"), propertyOf(item, "av1C")];
  // ISO/IEC 14496-15, 8.3.3.1: chromaFormat and bitDepthLumaMinus8.
  if (hevc) return ((hevc[16] ?? 0) & 3) === 0 ? { bits: 8 + ((hevc[17] ?? 0) & 7) } : undefined;
  // https://aomediacodec.github.io/av1-isobmff/, 2.3.3: high_bitdepth, twelve_bit and monochrome.
  const flags = av1?.[2] ?? 0;
  return flags & 0x10 ? { bits: flags & 0x40 ? (flags & 0x20 ? 12 : 10) : 8 } : undefined;
}

function ofBox(nclx: Buffer): CodePoints {
  return {
    primaries: nclx.readUInt16BE(4),
    transfer: nclx.readUInt16BE(6),
    matrix: nclx.readUInt16BE(8),
    full: nclx.length > 10 ? nclx.readUInt8(10) >= 0x80 : undefined,
  };
}

/** The bytes at the start of a bitstream that contain its header. */
const HEADER = 4096;

async function ofBitstream(item: Item, reader: ByteReader): Promise<CodePoints | undefined> {
  if (item.type === "hvc1") {
    const config = propertyOf(item, "hvcC");
    return config && hevcCodePoints(config);
  }
  if (item.type !== "av01") return undefined;
  const config = propertyOf(item, "av1C");
  const [first] = item.data;
  return (
    (config && av1CodePoints(config.subarray(4))) ??
    (first && av1CodePoints(await extentOf(first, reader, HEADER)))
  );
}

/** The bytes of a part, up to a maximum. */
export async function extentOf(
  extent: Extent,
  reader: ByteReader,
  most = Number.POSITIVE_INFINITY,
): Promise<Buffer> {
  if ("bytes" in extent) return extent.bytes.subarray(0, most);
  // No length means up to the end of the file.
  const length = extent.length === 0 ? reader.bytes - extent.from : extent.length;
  return reader.read(extent.from, Math.max(0, Math.min(length, most)));
}
