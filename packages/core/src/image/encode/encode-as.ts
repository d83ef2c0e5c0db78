import type { Sharp } from "sharp";
import type { Preset } from "../../recipe/index.ts";

/**
 * Lets a pipeline of sharp end in the format of a preset, as every rendition does. The defaults are
 * explained in docs/adr/035-encoder-defaults.md.
 */
export function encodeAs(
  pipeline: Sharp,
  preset: Pick<Preset, "format" | "quality" | "effort" | "mozjpeg" | "palette">,
): Sharp {
  const { format, quality, mozjpeg = false, palette } = preset;
  const effort = preset.effort === undefined ? {} : { effort: preset.effort };
  switch (format) {
    case "jpeg":
      return pipeline.jpeg({ quality, mozjpeg });
    case "png":
      return palette ? pipeline.png({ palette, quality, ...effort }) : pipeline.png();
    case "webp":
      return pipeline.webp({ quality, ...effort });
    case "avif":
      return pipeline.avif({ quality, ...effort, chromaSubsampling: "4:4:4" });
    case "gif":
      return pipeline.gif(effort);
  }
}
