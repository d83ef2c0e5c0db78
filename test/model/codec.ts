import { Rejection } from "@imagefleet/core/outcome";
import type { SourceInfo } from "@imagefleet/core/plan";
import { presetFingerprint } from "@imagefleet/core/recipe";
import type { Codec } from "@imagefleet/core/reconcile";

/** The source's content in the model is text: `picture 7 300x200`, and anything after that. */
const PICTURE = /^picture \d+ (\d+)x(\d+)/;

export const ENCODER = "model-1";

let made = 0;

/**
 * "Renders" in no time: a rendition says what it was made of, and no two are the same bytes.
 *
 * @param pause the time that decoding takes: others come in between
 */
export const modelCodec = (pause: () => Promise<void>): Codec => ({
  encoder: ENCODER,
  async probe(input) {
    const text = textOf(input);
    const [, width, height] = PICTURE.exec(text) ?? [];
    if (text === "") throw new Rejection("SourceEmpty", "it is empty");
    if (width === undefined) throw new Rejection("SourceCorrupt", "it is no picture");
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

/** What a rendition's bytes begin with. */
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
  if (input.kind !== "bytes") throw new Error("the model holds sources in memory");
  return Buffer.from(input.bytes).toString();
}
