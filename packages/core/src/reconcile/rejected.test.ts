import { CopyObjectCommand, RestoreObjectCommand } from "@aws-sdk/client-s3";
import sharp from "sharp";
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
  sandbox,
  stored,
  upload,
} from "./sandbox.fixture.ts";

inSandbox();

describe("reconcile", () => {
  it("rejects an empty source and one over the recipe's limits", async () => {
    await upload(Buffer.alloc(0));
    expect(await reconcile(job(), context(), never)).toMatchObject({
      kind: "rejected",
      reason: "SourceEmpty",
    });
    await upload(await picture(60, 60));
    const presets = { thumb: "50x50" };
    for (const limits of [{ bytes: 100 }, { pixels: 3_599 }]) {
      const recipe = defineRecipe({ presets, limits });
      expect(await reconcile(job(), context({ recipe }), never)).toMatchObject({
        kind: "rejected",
        reason: "SourceTooLarge",
      });
    }
  });

  it("removes the renditions of a source that a broken one overwrites, and writes the reason", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    await upload(Buffer.from("this is no picture"));
    const outcome = await reconcile(job(), context(), never);
    expect(outcome).toMatchObject({ kind: "rejected", reason: "SourceUnsupported" });
    expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
    expect(await manifest()).toMatchObject({ rejected: { reason: "SourceUnsupported" } });
    // A second event writes no second dead letter; a job that may have run does.
    expect(await reconcile(job(), context(), never)).toEqual({ kind: "unchanged" });
    const mayHaveRun = await reconcile(job({ mayHaveRun: true }), context(), never);
    expect(mayHaveRun).toMatchObject({ kind: "rejected" });
  });

  it("reconciles a rejected source again after the recipe's limits or switches change", async () => {
    await upload(await picture(60, 60));
    const small = defineRecipe({ presets: { thumb: "50x50" }, limits: { pixels: 3_599 } });
    await reconcile(job(), context({ recipe: small }), never);
    const large = defineRecipe({ presets: { thumb: "50x50" }, limits: { pixels: 3_600 } });
    const outcome = await reconcile(job(), context({ recipe: large }), never);
    expect(outcome).toMatchObject({ kind: "rendered" });
  });

  it("renders a damaged source if the recipe asks for it, and writes the damage into the manifest", async () => {
    const noise = { type: "gaussian", mean: 128, sigma: 30 } as const;
    const whole = await sharp({
      create: { width: 60, height: 60, channels: 3, background: "#000", noise },
    })
      .jpeg()
      .toBuffer();
    await upload(whole.subarray(0, whole.length - 40));
    const recipeOf = (damaged: "reject" | "render") =>
      context({ recipe: defineRecipe({ source: { damaged }, presets: { thumb: "50x50" } }) });
    const why = "the pixels cannot be read: premature end of JPEG image";
    const rejected = { kind: "rejected", reason: "SourceCorrupt" };
    expect(await reconcile(job(), recipeOf("reject"), never)).toMatchObject(rejected);
    expect(await reconcile(job(), recipeOf("render"), never)).toMatchObject({
      kind: "rendered",
      damaged: why,
    });
    expect(await manifest()).toMatchObject({
      damaged: { message: why },
      renditions: [{ preset: "thumb" }],
    });
    expect(await reconcile(job(), recipeOf("render"), never)).toEqual({ kind: "unchanged" });
    expect(await reconcile(job(), recipeOf("reject"), never)).toMatchObject(rejected);
    expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
    await upload(whole);
    const outcome = await reconcile(job(), recipeOf("render"), never);
    expect([outcome, await manifest()].filter((each) => "damaged" in each)).toEqual([]);
  });

  describe("of an archived source", () => {
    /** Moves the source to an archive storage class, as a lifecycle rule does: its ETag stays. */
    async function archive(): Promise<void> {
      const Bucket = sandbox.resources.sourceBucket;
      const toItself = { Bucket, Key: key, CopySource: `${Bucket}/${key}` };
      await sandbox.s3.send(new CopyObjectCommand({ ...toItself, StorageClass: "GLACIER" }));
    }
    async function restore(): Promise<void> {
      const source = { Bucket: sandbox.resources.sourceBucket, Key: key };
      const RestoreRequest = { Days: 1 };
      await sandbox.s3.send(new RestoreObjectCommand({ ...source, RestoreRequest }));
    }
    const rejected = { kind: "rejected", reason: "SourceArchived" };

    it("rejects it at once, and renders it when it is restored", async () => {
      await upload(await picture(60, 60));
      await archive();
      expect(await reconcile(job(), context(), never)).toMatchObject(rejected);
      expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
      expect(await manifest()).toMatchObject({ rejected: { reason: "SourceArchived" } });
      await restore();
      // The content and the recipe are the same: only the event reports the restore.
      expect(await reconcile(job(), context(), never)).toMatchObject({
        kind: "rendered",
      });
    });

    it("keeps the renditions of its content, also with another recipe", async () => {
      await upload(await picture(60, 60));
      await reconcile(job(), context(), never);
      const before = await stored();
      await archive();
      expect(await reconcile(job(), context(), never)).toEqual({ kind: "unchanged" });
      const recipe = defineRecipe({ presets: { thumb: "20x20" } });
      for (const how of [context({ recipe }), context()]) {
        const mayHaveRun = job({ mayHaveRun: true });
        expect(await reconcile(mayHaveRun, how, never)).toMatchObject(rejected);
      }
      expect(await stored()).toEqual(before);
    });

    it("removes the renditions of an earlier content, and the rest when it is deleted", async () => {
      await upload(await picture(60, 60));
      await reconcile(job(), context(), never);
      await upload(await picture(30, 60));
      await archive();
      expect(await reconcile(job(), context(), never)).toMatchObject(rejected);
      expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
      await remove();
      expect(await reconcile(job(), context(), never)).toMatchObject({
        kind: "removed",
      });
    });

    it("does not forward it for its size", async () => {
      await upload(await picture(60, 60));
      await archive();
      const recipe = defineRecipe({ presets: { thumb: "5x5" }, lanes: { smallBytes: 1 } });
      expect(await reconcile(job(), context({ recipe }), never)).toMatchObject(rejected);
    });
  });
});
