import { execFile, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";

const run = promisify(execFile);

export interface Order {
  /** The source. */
  readonly path: string;
  /** A profile for a source that has none. */
  readonly assign?: string;
  /** The profile to convert to. Without it, the samples are sRGB already. */
  readonly to?: string;
  /** The color behind transparent areas. */
  readonly background?: string;
  /** The folder for output files. */
  readonly folder: string;
}

/** Stores an image as YCCK with ImageMagick, as Photoshop does and sharp cannot. */
export async function asYcck(path: string, to: string): Promise<void> {
  await run(magick ?? "magick", [path, "-quality", "95", "-sampling-factor", "1x1", to]);
}

/** A program that converts an image to 8-bit sRGB with code other than ours. */
interface Converter {
  /** Returns pixels without alpha, rows from the top. */
  convert(order: Order): Promise<Buffer>;
}

/** A converter, or how to install it if it is missing. */
type Found = { readonly name: string } & (
  | { readonly converter: Converter }
  | { readonly missing: string }
);

/** Debian installs ImageMagick 6 as `convert-im6.q16`; `convert` may be anything. */
const magick = ["magick", "convert-im6.q16"].find((name) => answers(name, ["-version"]));

export function imageMagick(): Found {
  const program = magick;
  if (program === undefined) {
    return {
      name: "ImageMagick",
      missing: "ImageMagick: apt-get install imagemagick, or brew install imagemagick",
    };
  }
  return {
    name: "ImageMagick",
    converter: {
      async convert({ path, assign, to, background }) {
        const profiles = [assign, to].flatMap((profile) => (profile ? ["-profile", profile] : []));
        // ImageMagick would make the background of gray pixels gray.
        const flat =
          background === undefined
            ? []
            : ["-type", "TrueColorMatte", "-background", background, "-flatten"];
        const color = ["-intent", "perceptual", ...profiles, ...flat];
        const args = [`${path}[0]`, ...color, "-depth", "8", "rgb:-"];
        const { stdout } = await run(program, args, { encoding: "buffer", maxBuffer: 2 ** 28 });
        return stdout;
      },
    },
  };
}

/** littleCMS's own programs, which read JPEG and TIFF. */
export function littleCms(): Found {
  if (!answers("jpgicc", []) || !answers("tificc", [])) {
    return {
      name: "littleCMS",
      missing: "littleCMS's tools: apt-get install liblcms2-utils, or brew install little-cms2",
    };
  }
  return {
    name: "littleCMS",
    converter: {
      async convert({ path, assign, to, folder }) {
        const jpeg = path.endsWith(".jpg");
        const out = join(folder, jpeg ? "lcms.jpg" : "lcms.tif");
        const profiles = [...(assign ? [`-i${assign}`] : []), ...(to ? [`-o${to}`] : [])];
        // Perceptual, every pixel computed.
        const color = ["-t0", "-c0", ...profiles, ...(jpeg ? ["-q100"] : ["-w8"])];
        await run(jpeg ? "jpgicc" : "tificc", [...color, path, out]);
        return sharp(await readFile(out), { ignoreIcc: true })
          .removeAlpha()
          .raw()
          .toBuffer();
      },
    },
  };
}

function answers(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).error === undefined;
}
