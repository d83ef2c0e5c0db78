import { readFile, stat } from "node:fs/promises";
import sharp from "sharp";
import { Rejection } from "../../outcome/index.ts";
import type { Area } from "../../plan/index.ts";
import type { Recipe } from "../../recipe/index.ts";
import type { ImageInput } from "../input.ts";

/** Parsed whole, into a tree many times its size. */
const MOST_BYTES = 16 * 1024 * 1024;
/** cairo's surfaces have sides of at most 32,767 px. */
const LONGEST_SIDE = 32_767;

/**
 * An SVG as bytes, whatever it came as: librsvg lets a file refer to files beside it, and bytes to
 * nothing but what they carry. Opens sharp's loader for the first that comes: no other source can
 * reach it, because the format is detected before, and `probe` checks it again.
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
      `the source is an SVG of ${size} bytes and ${MOST_BYTES} are read`,
    );
  }
  sharp.unblock({ operation: ["VipsForeignLoadSvg"] });
  return input.kind === "bytes" ? input : { kind: "bytes", bytes: await readFile(input.path) };
}

/**
 * The size at which an SVG is rasterized: its own, or as large as the recipe's largest preset
 * wants it, for a drawing has no px to be enlarged from.
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
