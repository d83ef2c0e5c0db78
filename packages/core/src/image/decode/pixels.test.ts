import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { samplesOf } from "../formats/tiff/colors.fixture.ts";
import { tiffOf } from "../formats/tiff/written.fixture.ts";
import { configureCodec } from "../index.ts";
import { CONTAINERS, quadrants } from "../pictures.fixture.ts";
import { openImage } from "./open.ts";
import { toPixels, toSamples } from "./pixels.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const side = fc.integer({ min: 1, max: 60 });
const area = fc.record({ width: side, height: side });
const COLORS = [128, 60, 30, 200];

/** A source of any format and any number of channels, including extra channels in TIFFs. */
const source = fc.oneof(
  fc
    .tuple(fc.constantFrom(...CONTAINERS), fc.integer({ min: 1, max: 4 }), area)
    .map(([[, store], channels, { width, height }]) => {
      const color = COLORS.slice(0, channels);
      return store(quadrants([color, color, color, color], width, height)).toBuffer();
    }),
  fc
    .record({
      photometric: fc.constantFrom("black" as const, "rgb" as const, "cmyk" as const),
      bits: fc.constantFrom(8, 16),
      extras: fc.array(fc.constantFrom(0 as const, 1 as const, 2 as const), { maxLength: 4 }),
      width: side,
      height: side,
    })
    .map(async (layout) => tiffOf(layout, samplesOf(layout))),
);

describe("the number of decoded samples", () => {
  it("is width x height x channels for every source", async () => {
    await fc.assert(
      fc.asyncProperty(source, area, async (made, { width, height }) => {
        const bytes = await made;
        const pipeline = () =>
          openImage({ kind: "bytes", bytes }, { width: 60, height: 60 }, { asStored: true });
        for (const bits of [8, 16] as const) {
          const { data, samples, ...found } = await toSamples(pipeline(), bits);
          expect(samples).toHaveLength(found.width * found.height * found.channels);
          expect(data).toHaveLength((samples.length * bits) / 8);
        }
        const { channels } = await toSamples(pipeline(), 8);
        const pixels = toPixels(pipeline(), { width, height });
        if (channels > 4) await expect(pixels).rejects.toThrow(`wrote ${channels} channels`);
        else {
          const length = width * height * channels;
          await expect(pixels).resolves.toMatchObject({
            width,
            height,
            channels,
            data: { length },
          });
        }
      }),
      { numRuns: 50 },
    );
  });
});
