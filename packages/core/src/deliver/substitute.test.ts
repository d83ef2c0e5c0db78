import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { defineRecipe, type Preset, type RecipeInput } from "../recipe/index.ts";
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
  asked: RecipeInput["presets"] = presets,
) {
  const recipe = defineRecipe({ presets });
  const preset = presetOf(asked);
  const shared = context({ recipe });
  await upload(await picture(160, 90));
  await reconcile(job(), shared, never);
  const { renditionBucket: Bucket } = sandbox.resources;
  for (const Key of removed) await sandbox.s3.send(new DeleteObjectCommand({ Bucket, Key }));
  const { renditions } = shared;
  const manifest = (await renditions.manifest(`manifests/${key}.json`, never))?.manifest;
  const at = { key: `${preset.name}/${key}.webp`, preset };
  const shown = await substituteFor(at, manifest, renditions, never);
  if (shown === undefined) return undefined;
  const { width, height, format } = await sharp(shown.body).metadata();
  const { substitute, contentType } = shown;
  return { substitute, contentType, size: `${width}x${height}`, format };
}

/** The one that is made on request. */
function presetOf(presets: RecipeInput["presets"]): Preset {
  const { presets: all } = defineRecipe({ presets: { other: "1x1", ...presets } });
  const preset = all.find(({ when }) => when === "request");
  if (preset === undefined) throw new Error("none is made on request");
  return preset;
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

  it("is the nearest for a preset that the manifest does not know", async () => {
    const portrait = { size: "50x90", fit: "cover", format: "jpeg" } as const;
    const landscape = { size: "16x9", format: "jpeg" } as const;
    const sizeFor = async (size: string) => {
      const asked = { added: { size, fit: "cover", when: "request" } } as const;
      return (await shownWith({ portrait, landscape }, [], asked))?.size;
    };
    expect(await sizeFor("160x90")).toBe("16x9");
    expect(await sizeFor("40x80")).toBe("50x90");
  });

  it("does not exist without a manifest", async () => {
    const at = { key: "asked/x.webp", preset: presetOf({ asked: ASKED }) };
    expect(await substituteFor(at, undefined, context().renditions, never)).toBeUndefined();
  });
});
