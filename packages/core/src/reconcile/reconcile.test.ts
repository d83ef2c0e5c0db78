import { describe, expect, it } from "vitest";
import { defineRecipe } from "../recipe/index.ts";
import { RenditionStore, Scratch } from "../store/index.ts";
import { reconcile } from "./reconcile.ts";
import {
  context,
  inSandbox,
  job,
  key,
  manifest,
  never,
  picture,
  sandbox,
  stored,
  upload,
} from "./sandbox.fixture.ts";

inSandbox();

describe("reconcile", () => {
  it("renders a new source and lists the renditions in its manifest", async () => {
    await upload(await picture(200, 100));
    expect(await reconcile(job(), context(), never)).toMatchObject({
      kind: "rendered",
      renditions: 2,
    });
    expect([...(await stored()).keys()].sort()).toEqual([
      `manifests/${key}.json`,
      `small/${key}.jpg`,
      `thumb/${key}.webp`,
    ]);
    expect(await manifest()).toMatchObject({
      version: 1,
      source: { key, width: 200, height: 100, format: "jpeg" },
      renditions: expect.arrayContaining([
        expect.objectContaining({ preset: "thumb", width: 50, height: 25, format: "webp" }),
        expect.objectContaining({ preset: "small", width: 80, height: 40, format: "jpeg" }),
      ]),
      stale: [],
    });
  });

  it("reports an unchanged source the second time, and writes nothing", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    const before = await stored();
    expect(await reconcile(job(), context(), never)).toEqual({ kind: "unchanged" });
    expect(await stored()).toEqual(before);
  });

  it.each([{ mayHaveRun: true }, { force: true }])("takes no shortcut when %o", async (how) => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    expect(await reconcile(job(how), context(), never)).toMatchObject({ kind: "rendered" });
  });

  it("renders an overwritten source again", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    await upload(await picture(60, 30));
    expect(await reconcile(job(), context(), never)).toMatchObject({ kind: "rendered" });
    expect(await manifest()).toMatchObject({ source: { width: 60, height: 30 } });
  });

  it("ignores an object that the fleet wrote", async () => {
    await upload(await picture(60, 60), { imagefleet: "0123" });
    expect(await reconcile(job(), context(), never)).toMatchObject({ kind: "ignored" });
    expect(await stored()).toEqual(new Map());
  });

  it("forwards a source with too many bytes or too large a decode, on the small lane only", async () => {
    const body = await picture(300, 300);
    await upload(body);
    const presets = { thumb: "50x50" };
    const recipe = defineRecipe({ presets, lanes: { smallBytes: body.length - 1 } });
    const byBytes = await reconcile(job(), context({ recipe }), never);
    expect(byBytes).toEqual({ kind: "forwarded", why: `it has ${body.length} bytes` });
    const byCost = await reconcile(job(), context({ memoryBytes: 1 }), never);
    expect(byCost).toMatchObject({ kind: "forwarded", why: expect.stringContaining("MiB") });
    expect(await stored()).toEqual(new Map());

    const large = context({
      lane: "large",
      recipe,
      memoryBytes: 1,
      scratch: new Scratch(sandbox.folder),
    });
    expect(await reconcile(job(), large, never)).toMatchObject({ kind: "rendered" });
  });

  it("fails when the bucket does not exist", async () => {
    const elsewhere = new RenditionStore(sandbox.s3, "no-such-bucket");
    const outcome = await reconcile(job(), context({ renditions: elsewhere }), never);
    expect(outcome).toMatchObject({ kind: "failed", reason: "StoreUnavailable" });
  });
});
