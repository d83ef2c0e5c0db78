import { PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { RenditionStore } from "../store/index.ts";
import type { Semaphore } from "./context.ts";
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
  it("removes the renditions of a deleted source, with and without a manifest", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    await remove();
    const removed = await reconcile(job(), context(), never);
    expect(removed).toEqual({ kind: "removed", removed: 2 });
    expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
    expect(await reconcile(job(), context(), never)).toEqual({ kind: "removed", removed: 0 });
  });

  it("removes renditions that a crashed attempt left, when the source is deleted", async () => {
    const { s3, resources } = sandbox;
    const orphan = { Bucket: resources.renditionBucket, Key: `thumb/${key}.webp`, Body: "x" };
    await s3.send(new PutObjectCommand(orphan));
    await reconcile(job({ mayHaveRun: true }), context(), never);
    expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
  });

  it("removes the renditions of a source that an object of the fleet replaced", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    await upload(await picture(60, 60, "#000000"), { imagefleet: "0123" });
    expect(await reconcile(job(), context(), never)).toEqual({ kind: "removed", removed: 2 });
    expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
  });

  it("writes a tagged tombstone, which an earlier attempt's commit cannot overwrite", async () => {
    const { s3, resources } = sandbox;
    const store = new RenditionStore(s3, resources.renditionBucket);
    await upload(await picture(60, 60));
    // The first attempt found no manifest. While it renders, the source is deleted, another attempt
    // removes the renditions, and the same bytes are uploaded again.
    let isFirst = true;
    const renderSemaphore: Semaphore = async (work) => {
      const made = await work();
      if (!isFirst) return made;
      isFirst = false;
      await remove();
      const other = await reconcile(job({ mayHaveRun: true }), context(), never);
      expect(other).toEqual({ kind: "removed", removed: 0 });
      const at = { Bucket: resources.renditionBucket, Key: `manifests/${key}.json` };
      expect((await store.manifest(at.Key, never))?.tombstone).toMatchObject({ source: { key } });
      await upload(await picture(60, 60));
      return made;
    };
    const outcome = await reconcile(job(), context({ renderSemaphore }), never);
    expect(outcome).toMatchObject({ kind: "rendered" });
    const listed = await manifest();
    expect(listed).toMatchObject({ renditions: [{ preset: "thumb" }, { preset: "small" }] });
    expect([...(await stored()).keys()].sort()).toEqual([
      `manifests/${key}.json`,
      `small/${key}.jpg`,
      `thumb/${key}.webp`,
    ]);
  });

  it("removes a tombstone, and nothing that replaced it", async () => {
    const store = new RenditionStore(sandbox.s3, sandbox.resources.renditionBucket);
    await reconcile(job({ mayHaveRun: true }), context(), never);
    expect(await store.removeTombstone(`manifests/${key}.json`, never)).toBe(true);
    expect(await stored()).toEqual(new Map());
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    expect(await store.removeTombstone(`manifests/${key}.json`, never)).toBe(false);
    expect((await stored()).size).toBe(3);
  });
});
