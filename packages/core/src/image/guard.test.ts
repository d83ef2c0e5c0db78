import { readFile } from "node:fs/promises";
import { deflateSync } from "node:zlib";
import { manyScans } from "@imagefleet/test/fuzz/scans.fixture.ts";
import { beforeAll, describe, expect, it } from "vitest";
import { laneByCost, planRenditions } from "../plan/index.ts";
import { defineRecipe, type RecipeInput } from "../recipe/index.ts";
import { chunk, inserted, withChunks } from "./containers.fixture.ts";
import { configureCodec, probe, render } from "./index.ts";
import { animationOf, plain, quadrants, RGB } from "./pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const MIB = 2 ** 20;

async function planned(bytes: Uint8Array, limits: RecipeInput["limits"] = {}) {
  const recipe = defineRecipe({ limits, presets: { thumb: "20w" } });
  const input = { kind: "bytes", bytes } as const;
  return { input, plan: planRenditions(await probe(input, recipe), recipe, "key", Infinity) };
}

const blank = (width: number, height: number) => plain("#808080", width, height);

describe("a small file that would take much memory", () => {
  it.each([
    ["png", () => blank(9000, 8000).png({ compressionLevel: 9 })],
    ["gif", () => blank(9000, 8000).gif({ effort: 1 })],
    ["tiff", () => blank(9000, 8000).tiff({ compression: "deflate" })],
    ["webp", () => blank(9000, 8000).webp({ lossless: true, effort: 0 })],
  ] as const)("is planned for the large lane or rejected: %s with many px", async (_name, make) => {
    const bytes = await make().toBuffer();
    expect(bytes.length).toBeLessThan(1.5 * MIB);
    const { plan } = await planned(bytes);
    expect(laneByCost(plan, 500 * MIB)).toBe("large");
    await expect(planned(bytes, { pixels: 50_000_000 })).rejects.toMatchObject({
      reason: "SourceTooLarge",
    });
  });

  it("is decoded only to the size in its header: PNG with surplus data", async () => {
    const file = await blank(64, 64).png().toBuffer();
    // 64 MiB of zeros in its data, although the header specifies 64 x 64 px.
    const data = chunk("IDAT", deflateSync(Buffer.alloc(64 * MIB)));
    const before = process.memoryUsage().rss;
    const { input, plan } = await planned(inserted(file, file.indexOf("IDAT") - 4, data));
    await render(input, plan, { onRendition: () => {} }).catch((error: unknown) =>
      expect(error).toMatchObject({ reason: "SourceCorrupt" }),
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * MIB);
  });

  it("is rendered without its text: PNG with a long compressed text", async () => {
    const file = await quadrants(RGB).png().toBuffer();
    const text = Buffer.concat([
      Buffer.from("Comment\0\0", "latin1"),
      deflateSync(Buffer.alloc(200 * MIB)),
    ]);
    const bomb = withChunks(file, chunk("zTXt", text));
    const before = process.memoryUsage().rss;
    await planned(bomb)
      .then(({ input, plan }) => render(input, plan, { onRendition: () => {} }))
      .catch((error: unknown) => expect(error).toMatchObject({ reason: "SourceCorrupt" }));
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MIB);
  });
});

describe("limits", () => {
  const five = () =>
    animationOf(...[0, 1, 2, 3, 4].map((at) => quadrants([[at * 50], [90], [160], [240]])));

  it.each(["gif", "webp", "tiff"] as const)(
    "apply to pages and to the px of one page, %s",
    async (format) => {
      const bytes = await (await five()).toFormat(format).toBuffer();
      await expect(planned(bytes, { pages: 5, pixels: 96 * 64 })).resolves.toBeDefined();
      await expect(planned(bytes, { pages: 4 })).rejects.toMatchObject({
        reason: "SourceTooLarge",
        message:
          format === "tiff"
            ? "the source has more pages than limits.pages, 4"
            : "the source has 5 pages or frames and limits.pages is 4",
      });
      await expect(planned(bytes, { pixels: 96 * 64 - 1 })).rejects.toMatchObject({
        reason: "SourceTooLarge",
      });
    },
  );

  it("stop a decode that takes too long", { timeout: 120_000 }, async () => {
    const veil = '<rect width="2000" height="2000" fill="#f00" opacity=".01"/>';
    const slow = Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="2000" height="2000">${veil.repeat(300)}</svg>`,
    );
    const recipe = defineRecipe({
      source: { svg: true },
      limits: { seconds: 1 },
      presets: { a: { format: "jpeg" } },
    });
    const input = { kind: "bytes", bytes: slow } as const;
    const plan = planRenditions(await probe(input, recipe), recipe, "key", Infinity);
    await expect(render(input, plan, { onRendition: () => {} })).rejects.toMatchObject({
      reason: "TimedOut",
      message: "decoding took longer than limits.seconds",
    });
  });

  it("apply to the estimated time for the scans of a progressive JPEG", async () => {
    const bytes = manyScans(2048);
    await expect(planned(bytes, { seconds: 3 })).resolves.toBeDefined();
    const two = Buffer.concat([bytes.subarray(0, -2), manyScans(2048).subarray(2)]);
    const many = Buffer.concat(Array.from({ length: 3 }, () => two));
    await expect(planned(many, { seconds: 3 })).rejects.toMatchObject({
      reason: "SourceTooLarge",
      message:
        "the source's 5298 scans of 2048 x 2048 px would take 5 s to decode and limits.seconds is 3",
    });
  });

  it("stop a decode on a separate thread", async () => {
    const bytes = await readFile(new URL("formats/heic/plain.fixture.heic", import.meta.url));
    const { input, plan } = await planned(bytes);
    const options = { onRendition: () => {} };
    await expect(render(input, { ...plan, seconds: 0.001 }, options)).rejects.toMatchObject({
      reason: "TimedOut",
    });
    const reason = new Error("deadline");
    const signal = AbortSignal.abort(reason);
    await expect(render(input, plan, { ...options, signal })).rejects.toBe(reason);
  });
});
