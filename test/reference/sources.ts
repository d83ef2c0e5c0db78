import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { asYcck } from "./converters.ts";
import { grayProfile } from "./gray-profile.ts";

const WIDTH = 96;
const HEIGHT = 64;

/** A kind of source whose colors must match those of an independent converter. */
export interface ColorSource {
  readonly name: string;
  readonly extension: "jpg" | "png" | "tif";
  readonly file: () => Promise<Buffer>;
  /** The profile that defines its samples: its own, the default one for inks, or none. */
  readonly profile: "own" | "ink" | "none";
  /** Also for littleCMS's programs, which cannot read PNG and need a profile. */
  readonly by?: "both";
  readonly clear?: true;
}

/** Smooth channels, each over its whole range: `share` from 0 to 1. */
function field(channels: 1 | 2 | 3 | 4, value: (share: number, band: number) => number): Buffer {
  const data = Buffer.alloc(WIDTH * HEIGHT * channels);
  for (let at = 0; at < WIDTH * HEIGHT; at++) {
    const [x, y] = [(at % WIDTH) / (WIDTH - 1), Math.floor(at / WIDTH) / (HEIGHT - 1)];
    const shares = [x, (1 + Math.sin(5 * x + 4 * y)) / 2, y, (1 + Math.cos(6 * x - 5 * y)) / 2];
    for (let band = 0; band < channels; band++) {
      data[at * channels + band] = value(shares[band] ?? 0, band);
    }
  }
  return data;
}

function picture(channels: 1 | 2 | 3 | 4, data = field(channels, (share) => share * 255)): Sharp {
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels } });
}

/** The bytes of a profile that sharp contains. */
export async function profileOf(name: "cmyk" | "p3" | "srgb"): Promise<Buffer> {
  const file = await picture(3).withIccProfile(name).tiff().toBuffer();
  const { icc } = await sharp(file).metadata();
  if (icc === undefined) throw new Error(`sharp wrote no profile ${name}`);
  return icc;
}

/** In CMYK by the press profile, which is embedded or not. */
function printed(embedded: boolean): Sharp {
  const inks = picture(3).toColorspace("cmyk");
  return embedded ? inks.withIccProfile("cmyk") : inks;
}

const JPEG = { quality: 95, chromaSubsampling: "4:4:4" } as const;

async function ycck(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-ycck-"));
  try {
    const [from, to] = [join(folder, "a.tif"), join(folder, "a.jpg")];
    await printed(true).tiff().toFile(from);
    await asYcck(from, to);
    const file = await readFile(to);
    // Adobe's segment: its name, version, two words of flags, and 2 for YCCK.
    if (file[file.indexOf("Adobe") + 11] !== 2) throw new Error("ImageMagick wrote no YCCK");
    return file;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Removes Adobe's segment, which specifies inversion and YCCK. */
function withoutAdobe(file: Buffer): Buffer {
  const at = file.indexOf(Buffer.of(0xff, 0xee));
  return Buffer.concat([file.subarray(0, at), file.subarray(at + 2 + file.readUInt16BE(at + 2))]);
}

export const COLOR_SOURCES: readonly ColorSource[] = [
  {
    name: "JPEG, CMYK with a profile, inverted as Adobe does",
    extension: "jpg",
    profile: "own",
    by: "both",
    file: () => printed(true).jpeg(JPEG).toBuffer(),
  },
  {
    name: "JPEG, CMYK without a profile",
    extension: "jpg",
    profile: "ink",
    by: "both",
    file: () => printed(false).jpeg(JPEG).toBuffer(),
  },
  {
    // These are inverted too: every known writer does so, and every reader except littleCMS's
    // programs assumes it.
    name: "JPEG, CMYK without Adobe's segment",
    extension: "jpg",
    profile: "ink",
    file: async () => withoutAdobe(await printed(false).jpeg(JPEG).toBuffer()),
  },
  {
    name: "JPEG, YCCK",
    extension: "jpg",
    profile: "own",
    by: "both",
    file: ycck,
  },
  {
    name: "TIFF, CMYK with a profile",
    extension: "tif",
    profile: "own",
    by: "both",
    file: () => printed(true).tiff({ compression: "lzw" }).toBuffer(),
  },
  {
    name: "TIFF, CMYK without a profile",
    extension: "tif",
    profile: "ink",
    by: "both",
    file: () => printed(false).tiff({ compression: "none" }).toBuffer(),
  },
  {
    name: "TIFF, 16 bit with an sRGB profile",
    extension: "tif",
    profile: "own",
    by: "both",
    file: () =>
      picture(3)
        .toColorspace("rgb16")
        .withIccProfile("srgb")
        .tiff({ compression: "none" })
        .toBuffer(),
  },
  {
    name: "PNG, 16 bit",
    extension: "png",
    profile: "none",
    file: () => picture(3).toColorspace("rgb16").png().toBuffer(),
  },
  {
    name: "PNG, 16 bit in Display P3",
    extension: "png",
    profile: "own",
    file: () => picture(3).toColorspace("rgb16").withIccProfile("p3").png().toBuffer(),
  },
  {
    name: "TIFF, 16 bit",
    extension: "tif",
    profile: "none",
    file: () => picture(3).toColorspace("rgb16").tiff({ compression: "lzw" }).toBuffer(),
  },
  {
    name: "TIFF, 16 bit in Display P3",
    extension: "tif",
    profile: "own",
    by: "both",
    file: () =>
      picture(3).toColorspace("rgb16").withIccProfile("p3").tiff({ compression: "lzw" }).toBuffer(),
  },
  {
    name: "JPEG in Display P3",
    extension: "jpg",
    profile: "own",
    by: "both",
    file: () => picture(3).withIccProfile("p3").jpeg(JPEG).toBuffer(),
  },
  {
    name: "JPEG, gray",
    extension: "jpg",
    profile: "none",
    file: () => picture(1).toColorspace("b-w").jpeg(JPEG).toBuffer(),
  },
  {
    name: "JPEG, gray with a profile of gamma 1.8",
    extension: "jpg",
    profile: "own",
    by: "both",
    file: async () =>
      withProfile(await picture(1).toColorspace("b-w").jpeg(JPEG).toBuffer(), grayProfile(1.8)),
  },
  {
    name: "PNG, 16 bit gray",
    extension: "png",
    profile: "none",
    file: () => picture(1).toColorspace("grey16").png().toBuffer(),
  },
  {
    name: "PNG, gray and alpha",
    extension: "png",
    profile: "none",
    clear: true,
    file: () => picture(2).toColorspace("b-w").png().toBuffer(),
  },
  {
    name: "PNG, RGBA in Display P3",
    extension: "png",
    profile: "own",
    clear: true,
    file: () => picture(4).withIccProfile("p3").png().toBuffer(),
  },
];

/** A JPEG with a profile of at most 64 KB put in. */
export function withProfile(jpeg: Buffer, profile: Buffer): Buffer {
  const head = Buffer.from("\xff\xe2\0\0ICC_PROFILE\0\x01\x01", "latin1");
  head.writeUInt16BE(head.length - 2 + profile.length, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, profile, jpeg.subarray(2)]);
}
