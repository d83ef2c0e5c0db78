import { Rejection } from "@imagefleet/core/outcome";
import type { SourceInfo } from "@imagefleet/core/plan";
import { presetFingerprint } from "@imagefleet/core/recipe";
import type { Codec } from "@imagefleet/core/reconcile";

/** In the model the content of a source is text: `picture 7 300x200`, and anything after it. */
const PICTURE = /^picture \d+ (\d+)x(\d+)/;

export const ENCODER = "model-1";

let made = 0;

/**
 * "Renders" at once: a rendition contains what it was made of, and no two have the same bytes.
 *
 * @param pause the time of decoding, in which other attempts may run
 */
export const modelCodec = (pause: () => Promise<void>): Codec => ({
  encoder: ENCODER,
  async probe(input) {
    const text = textOf(input);
    const [, width, height] = PICTURE.exec(text) ?? [];
    if (text === "") throw new Rejection("SourceEmpty", "it is empty");
    if (width === undefined) throw new Rejection("SourceCorrupt", "it is not a picture");
    return infoOf(Number(width), Number(height), text.length);
  },
  async render(input, { renditions }, { onRendition }) {
    const content = textOf(input);
    await pause();
    for (const plan of renditions) {
      made += 1;
      const { preset, width, height } = plan;
      const data = Buffer.from(
        `${renditionOf(content, presetFingerprint(preset, ENCODER))} ${made}`,
      );
      await onRendition({ plan, data, width, height, format: preset.format });
    }
  },
});

/** The first bytes of a rendition. */
export function renditionOf(content: string, fingerprint: string): string {
  return `[${content}] by ${fingerprint}`;
}

export function infoOf(width: number, height: number, bytes: number): SourceInfo {
  return {
    format: "jpeg",
    width,
    height,
    bytes,
    pages: 1,
    bands: 3,
    depth: 8,
    alpha: false,
    progressive: true,
    subsampled: false,
    lossless: false,
    orientation: 1,
  };
}

function textOf(input: Parameters<Codec["probe"]>[0]): string {
  if (input.kind !== "bytes") throw new Error("the model keeps sources in memory");
  return Buffer.from(input.bytes).toString();
}
