import { describe, expect, it } from "vitest";
import { defineRecipe } from "../recipe/index.ts";
import { reconcile } from "./reconcile.ts";
import {
  context,
  inSandbox,
  job,
  key,
  manifest,
  never,
  picture,
  remove,
  upload,
} from "./sandbox.fixture.ts";

inSandbox();

describe("reconcile", () => {
  it("writes into the manifest what a rendition of the source's own size saves", async () => {
    await upload(await picture(200, 100));
    const recipe = defineRecipe({
      presets: { compress: { format: "jpeg", quality: 40 }, thumb: "20w" },
    });
    await reconcile(job(), context({ recipe }), never);
    expect(await manifest()).toMatchObject({
      renditions: [
        { preset: "compress", width: 200, savedPercent: expect.any(Number) },
        { preset: "thumb", width: 20 },
      ],
    });
    expect(JSON.stringify(await manifest()).match(/savedPercent/g)).toHaveLength(1);
  });

  it("writes into the manifest what a page needs, in the recipe's order", async () => {
    await upload(await picture(200, 100));
    const recipe = defineRecipe({
      presets: { hero: { widths: [50, 100, 800], formats: ["avif", "jpeg"] }, thumb: "20w" },
    });
    await reconcile(job(), context({ recipe }), never);
    const avif = { type: "image/avif" };
    const jpeg = { type: "image/jpeg" };
    expect(await manifest()).toMatchObject({
      placeholder: {
        color: expect.stringMatching(/^#33[67].9[89a]$/),
        thumbhash: expect.stringMatching(/^[\w+/=]{20,40}$/),
      },
      srcset: {
        hero: [
          { key: `hero-50w/${key}.avif`, width: 50, height: 25, ...avif },
          { key: `hero-100w/${key}.avif`, width: 100, height: 50, ...avif },
          { key: `hero-800w/${key}.avif`, width: 200, height: 100, ...avif },
          { key: `hero-50w/${key}.jpg`, width: 50, height: 25, ...jpeg },
          { key: `hero-100w/${key}.jpg`, width: 100, height: 50, ...jpeg },
          { key: `hero-800w/${key}.jpg`, width: 200, height: 100, ...jpeg },
        ],
        thumb: [{ key: `thumb/${key}.webp`, width: 20, height: 10, type: "image/webp" }],
      },
    });
  });

  it("writes into the manifest the size that a rendition was bounded from", async () => {
    await upload(await picture(1, 20_000));
    const recipe = defineRecipe({ presets: { whole: {}, png: { format: "png" } } });
    await reconcile(job(), context({ recipe }), never);
    expect(await manifest()).toMatchObject({
      renditions: [
        { width: 1, height: 16_383, boundedFrom: { width: 1, height: 20_000 } },
        { width: 1, height: 20_000 },
      ],
    });
    expect(JSON.stringify(await manifest()).match(/boundedFrom/g)).toHaveLength(1);
  });

  it("gives each version of a manifest a higher number, also across tombstones", async () => {
    const seqs: number[] = [];
    const note = async () => seqs.push(Number((await manifest())["seq"]));
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    await note();
    await remove();
    await reconcile(job(), context(), never);
    await note();
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    await note();
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  });
});
