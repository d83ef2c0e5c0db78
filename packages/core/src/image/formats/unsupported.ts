import { Rejection } from "../../outcome/index.ts";
import type { ByteReader } from "../decode/byte-reader.ts";
import { HIERARCHY, isFrame, JPEG_LS, jpegHeader } from "./jpeg/segments.ts";

/** The rejection of an intact source whose format is supported but whose variant is not. */
export function unsupported(kind: string): Rejection {
  return new Rejection(
    "SourceUnsupported",
    `the source is ${kind}, which is not supported: convert it`,
  );
}

/** By frame marker: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, table B.1 */
const FRAMES: Readonly<Record<number, string>> = {
  195: "a lossless JPEG",
  197: "a hierarchical JPEG",
  198: "a hierarchical JPEG",
  199: "a hierarchical JPEG",
  203: "a lossless JPEG",
  205: "a hierarchical JPEG",
  206: "a hierarchical JPEG",
  207: "a hierarchical JPEG",
  [HIERARCHY]: "a hierarchical JPEG",
  [JPEG_LS]: "JPEG-LS",
};

/** Gray, color and CMYK. The meaning of any other number of components is undefined. */
const COMPONENTS = [1, 3, 4];

/** The variant of an intact JPEG that the codec does not support; undefined if it does. */
export async function unsupportedJpeg(source: ByteReader): Promise<string | undefined> {
  const frame = (await jpegHeader(source)).find(({ marker }) => isFrame(marker));
  if (frame === undefined) return undefined;
  const named = FRAMES[frame.marker];
  if (named !== undefined) return named;
  const head = await source.read(frame.at, 6);
  if (head.length < 6) return undefined;
  if (head[0] === 12 || head[0] === 16) return `a JPEG of ${head[0]}-bit samples`;
  if (head.readUInt16BE(1) === 0) return "a JPEG whose height follows its pixels";
  const components = head[5] ?? 0;
  const sound = components > 0 && frame.length === 6 + components * 3;
  return sound && !COMPONENTS.includes(components)
    ? `a JPEG of ${components} components`
    : undefined;
}

/**
 * The same for a PNG. Xcode writes CgBI files, with a chunk before the header and colors in another
 * order.
 */
export async function unsupportedPng({ read }: ByteReader): Promise<string | undefined> {
  const type = (await read(12, 4)).toString("latin1");
  return type === "CgBI" ? "a PNG in Apple's CgBI variant" : undefined;
}
