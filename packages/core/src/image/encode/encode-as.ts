import type { Sharp } from "sharp";
import type { Preset } from "../../recipe/index.ts";

/**
 * Lets a pipeline of sharp end in the format of a preset, as every rendition does. The defaults are
 * explained in docs/adr/035-encoder-defaults.md.
 */
export function encodeAs(
  pipeline: Sharp,
  {
    format,
    quality,
    ...options
  }: Pick<Preset, "format" | "quality" | "effort" | "mozjpeg" | "palette">,
): Sharp {
  const effort = options.effort === undefined ? {} : { effort: options.effort };
  switch (format) {
    case "jpeg":
      return pipeline.jpeg({ quality, mozjpeg: options.mozjpeg ?? false });
    case "png":
      return options.palette ? pipeline.png({ palette: true, quality, ...effort }) : pipeline.png();
    case "webp":
      return pipeline.webp({ quality, ...effort });
    case "avif":
      return pipeline.avif({ quality, ...effort, chromaSubsampling: "4:4:4" });
    case "gif":
      return pipeline.gif(effort);
  }
}
