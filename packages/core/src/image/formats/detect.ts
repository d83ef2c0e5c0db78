import type { InputFormat } from "../../plan/index.ts";

/**
 * The format of a file by its first bytes: a supported format, the name of an unsupported one, or
 * neither.
 */
export type DetectedFormat =
  | { readonly kind: "supported"; readonly format: InputFormat }
  | { readonly kind: "unsupported"; readonly name: string }
  | { readonly kind: "unknown" };

const LOOKED_AT = 1024;

interface Magic {
  readonly at: number;
  readonly bytes: string;
}

const READABLE: readonly (readonly [InputFormat, readonly Magic[]])[] = [
  ["jpeg", [{ at: 0, bytes: "\xff\xd8\xff" }]],
  ["png", [{ at: 0, bytes: "\x89PNG\r\n\x1a\n" }]],
  [
    "webp",
    [
      { at: 0, bytes: "RIFF" },
      { at: 8, bytes: "WEBP" },
    ],
  ],
  ["gif", [{ at: 0, bytes: "GIF8" }]],
  ["tiff", [{ at: 0, bytes: "II*\0" }]],
  ["tiff", [{ at: 0, bytes: "MM\0*" }]],
  ["tiff", [{ at: 0, bytes: "II+\0" }]],
  ["tiff", [{ at: 0, bytes: "MM\0+" }]],
];

/** Names for the error message only, so that it can name the uploaded type. */
const UNREADABLE: readonly (readonly [string, string])[] = [
  ["%PDF-", "a PDF"],
  ["%!PS", "PostScript"],
  ["\xc5\xd0\xd3\xc6", "PostScript"],
  ["8BPS", "a Photoshop file"],
  ["\0\0\x01\0", "an icon (ICO)"],
  ["\xff\x0a", "JPEG XL"],
  ["\0\0\0\x0cJXL ", "JPEG XL"],
  ["\0\0\0\x0cjP  ", "JPEG 2000"],
  ["\xff\x4f\xff\x51", "JPEG 2000"],
  ["PK\x03\x04", "a ZIP archive"],
  ["\x1f\x8b", "a gzip file"],
  ["\x1aE\xdf\xa3", "a Matroska or WebM video"],
];

const BMP_HEADERS = [12, 16, 40, 52, 56, 64, 108, 124].map((length) =>
  String.fromCharCode(length, 0, 0, 0),
);

/**
 * Detects a format by content, because file names and content types are unreliable.
 *
 * @param head the first bytes of the file, the more the better
 */
export function formatOf(head: Uint8Array): DetectedFormat {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString(
    "latin1",
    0,
    Math.min(head.byteLength, LOOKED_AT),
  );
  for (const [format, magics] of READABLE) {
    if (magics.every(({ at, bytes }) => text.startsWith(bytes, at))) {
      return { kind: "supported", format };
    }
  }
  if (text.startsWith("ftyp", 4)) return heifOf(head) ?? isoBrand(text);
  // Many texts also begin with these two letters, so the length of the next header is checked.
  if (text.startsWith("BM") && BMP_HEADERS.some((header) => text.startsWith(header, 14))) {
    return { kind: "supported", format: "bmp" };
  }
  const named = UNREADABLE.find(([magic]) => text.startsWith(magic));
  if (named !== undefined) return { kind: "unsupported", name: named[1] };
  if (/^(?:\xef\xbb\xbf)?\s*<(?!!doctype html|html)/i.test(text) && /<svg[\s>]/i.test(text)) {
    return { kind: "supported", format: "svg" };
  }
  return { kind: "unknown" };
}

/**
 * Distinguishes HEIC and AVIF, whose brands are unreliable too, by the decoder configuration in the
 * box that describes the images. The result is undefined if the head does not contain that box or
 * if it names both.
 */
function heifOf(head: Uint8Array): DetectedFormat | undefined {
  const file = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const at = file.indexOf("meta", 8, "latin1") - 4;
  if (at < 8) return undefined;
  const length = file.readUInt32BE(at);
  const meta = file.subarray(at, at + length);
  if (!meta.includes("pict")) return undefined;
  const [hevc, av1] = [meta.includes("hvcC"), meta.includes("av1C")];
  if (!hevc && !av1 && meta.length === length) {
    return { kind: "unsupported", name: "a HEIF of neither HEVC nor AV1" };
  }
  if (hevc === av1) return undefined;
  return { kind: "supported", format: hevc ? "heic" : "avif" };
}

/**
 * ISO base media files (HEIF, AVIF, MP4) list their brands in the first box, the main brand first.
 */
function isoBrand(text: string): DetectedFormat {
  const size = Math.min(Buffer.from(text.slice(0, 4), "latin1").readUInt32BE(0), text.length);
  const brands = [text.slice(8, 12), ...(text.slice(16, size).match(/[\s\S]{4}/g) ?? [])];
  if (brands.some((brand) => brand === "avif" || brand === "avis")) {
    return { kind: "supported", format: "avif" };
  }
  return brands.some((brand) => /^(?:he[iv][cxms]|mif1|msf1)$/.test(brand))
    ? { kind: "supported", format: "heic" }
    : { kind: "unsupported", name: "a video or another ISO media file" };
}
