import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { defineRecipe, type RecipeInput } from "../recipe/index.ts";
import { reconcile } from "../reconcile/index.ts";
import {
  context,
  inSandbox,
  job,
  key,
  never,
  picture,
  sandbox,
  upload,
} from "../reconcile/sandbox.fixture.ts";
import { substituteFor } from "./substitute.ts";

inSandbox();

const WIDE = { size: "120x40", fit: "cover", format: "jpeg" } as const;
const ASKED = { size: "100x50", fit: "cover", when: "request" } as const;

/** What is shown instead of the preset `asked`, by a source of 160 x 90 px. */
async function shownWith(
  presets: RecipeInput["presets"],
  removed: readonly string[] = [],
  asked = `asked/${key}.webp`,
) {
  const recipe = defineRecipe({ presets });
  const shared = context({ recipe });
  await upload(await picture(160, 90));
  await reconcile(job(), shared, never);
  const { renditionBucket: Bucket } = sandbox.resources;
  for (const Key of removed) await sandbox.s3.send(new DeleteObjectCommand({ Bucket, Key }));
  const { renditions } = shared;
  const manifest = (await renditions.manifest(`manifests/${key}.json`, never))?.manifest;
  const shown = await substituteFor(asked, manifest, shared, never);
  if (shown === undefined) return undefined;
  const { width, height, format } = await sharp(shown.body).metadata();
  const { substitute, contentType } = shown;
  return { substitute, contentType, size: `${width}x${height}`, format };
}

describe("the substitute of a rendition", () => {
  it("is the nearest in shape, and then in size", async () => {
    const square = { size: "100x100", fit: "cover", format: "jpeg" } as const;
    const near = { size: "30x15", fit: "cover", format: "jpeg" } as const;
    const nearer = { size: "80x40", fit: "cover", format: "jpeg" } as const;
    const shown = await shownWith({ square, near, nearer, wide: WIDE, asked: ASKED });
    expect(shown).toEqual({
      substitute: "rendition",
      contentType: "image/jpeg",
      size: "80x40",
      format: "jpeg",
    });
  });

  it("is in a format that the viewer asked for, or that every browser shows", async () => {
    const avif = { size: "100x50", fit: "cover", format: "avif" } as const;
    expect(await shownWith({ avif, wide: WIDE, asked: ASKED })).toMatchObject({ size: "120x40" });
    const webp = { size: "60x", format: "webp" } as const;
    expect(await shownWith({ avif, webp, asked: ASKED })).toMatchObject({
      contentType: "image/webp",
    });
  });

  it("is the next one if the nearest was removed", async () => {
    const near = { size: "80x40", fit: "cover", format: "jpeg" } as const;
    expect(await shownWith({ near, wide: WIDE, asked: ASKED }, [`near/${key}.jpg`])).toMatchObject({
      substitute: "rendition",
      size: "120x40",
    });
  });

  it("is the placeholder in the rendition's shape if there is no other", async () => {
    const avif = { size: "100x50", fit: "cover", format: "avif" } as const;
    expect(await shownWith({ avif, asked: ASKED })).toMatchObject({
      substitute: "placeholder",
      contentType: "image/png",
      format: "png",
      size: "100x50",
    });
  });

  it("is that of the source's shape for a preset that the manifest does not know", async () => {
    const portrait = { size: "50x90", fit: "cover", format: "jpeg" } as const;
    const landscape = { size: "16x9", format: "jpeg" } as const;
    const shown = await shownWith({ portrait, landscape }, [], `new/${key}.webp`);
    expect(shown).toMatchObject({ size: "16x9" });
  });

  it("does not exist without a manifest", async () => {
    expect(await substituteFor("asked/x.webp", undefined, context(), never)).toBeUndefined();
  });
});
