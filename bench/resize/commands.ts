import { join } from "node:path";
import { commandCpu, versionOf } from "../measure/command.ts";
import type { Side } from "../measure/interleaved.ts";
import { SIZES } from "./contestants.ts";

/** A program that is started for each picture. The CPU time contains its start. */
export interface Program {
  readonly name: "imagemagick" | "vipsthumbnail";
  readonly version: string;
  /** @param dir its output folder */
  side(path: string, dir: string): Side;
}

/** Debian installs ImageMagick 6 as `convert-im6.q16`; `convert` may be another program. */
const CONVERTS = ["magick", "convert-im6.q16", "convert"];

export async function findPrograms(): Promise<Program[]> {
  const found = await Promise.all([imageMagick(), vipsthumbnail()]);
  return found.filter((program) => program !== undefined);
}

/** One call that decodes once, at a reduced size: the fastest way in its manual. */
async function imageMagick(): Promise<Program | undefined> {
  for (const convert of CONVERTS) {
    const version = await versionOf([convert, "-version"]);
    if (!version?.startsWith("Version: ImageMagick")) continue;
    const largest = Math.max(...SIZES) * 2;
    const outputs = (dir: string) =>
      SIZES.flatMap((size) => {
        const file = join(dir, `magick-${size}.jpg`);
        return ["(", "+clone", "-thumbnail", `${size}x${size}`, "-write", file, "+delete", ")"];
      });
    return {
      name: "imagemagick",
      version: version.replace("Version: ", "").split(" ").slice(0, 2).join(" "),
      side: (path, dir) =>
        sideOf([
          [
            convert,
            "-define",
            `jpeg:size=${largest}x${largest}`,
            path,
            "-auto-orient",
            "-quality",
            "85",
            ...outputs(dir),
            "null:",
          ],
        ]),
    };
  }
  return undefined;
}

/** It renders one size per call. */
async function vipsthumbnail(): Promise<Program | undefined> {
  const version = await versionOf(["vipsthumbnail", "--vips-version"]);
  if (version === undefined) return undefined;
  return {
    name: "vipsthumbnail",
    version,
    side: (path, dir) =>
      sideOf(
        SIZES.map((size) => {
          const file = `${join(dir, `vips-${size}.jpg`)}[Q=85]`;
          return ["vipsthumbnail", path, "--size", `${size}x${size}`, "-o", file];
        }),
      ),
  };
}

function sideOf(commands: readonly (readonly string[])[]): Side {
  let cpu = 0;
  return {
    once: async () => {
      for (const command of commands) cpu += await commandCpu(command);
    },
    cpu: () => cpu,
    fresh: true,
  };
}
