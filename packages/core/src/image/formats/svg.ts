import { readFile, stat } from "node:fs/promises";
import sharp from "sharp";
import { Rejection } from "../../outcome/index.ts";
import type { Area } from "../../plan/index.ts";
import type { Recipe } from "../../recipe/index.ts";
import type { ImageInput } from "../input.ts";

/** The whole file is parsed into a tree of many times its size. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Cairo surfaces have sides of at most 32,767 px. */
const LONGEST_SIDE = 32_767;

/**
 * Returns an SVG as bytes. librsvg lets a file, but not bytes in memory, refer to neighboring
 * files. The first call enables sharp's SVG loader. No other source can reach it, because the
 * format is detected before, and `probe` checks it again.
 *
 * @throws Rejection `SourceTooLarge`
 */
export async function svgBytes(
  input: ImageInput,
): Promise<Extract<ImageInput, { readonly kind: "bytes" }>> {
  const size = input.kind === "bytes" ? input.bytes.byteLength : (await stat(input.path)).size;
  if (size > MOST_BYTES) {
    throw new Rejection(
      "SourceTooLarge",
      `the source is an SVG of ${size} bytes, more than the limit of ${MOST_BYTES}`,
    );
  }
  sharp.unblock({ operation: ["VipsForeignLoadSvg"] });
  return input.kind === "bytes" ? input : { kind: "bytes", bytes: await readFile(input.path) };
}

/**
 * The size at which an SVG is rasterized: its own size, or the size that the largest preset needs,
 * because a drawing has no px to enlarge.
 */
export function drawnAt(own: Area, { presets, limits }: Pick<Recipe, "presets" | "limits">): Area {
  const wanted = presets.map(({ width = 0, height = 0 }) =>
    Math.max(width / own.width, height / own.height),
  );
  const most = Math.min(
    Math.sqrt(limits.pixels / (own.width * own.height)),
    LONGEST_SIDE / Math.max(own.width, own.height),
  );
  const scale = Math.max(1, Math.min(most, Math.max(...wanted)));
  return { width: Math.floor(own.width * scale), height: Math.floor(own.height * scale) };
}
