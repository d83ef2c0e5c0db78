import { PutObjectCommand } from "@aws-sdk/client-s3";
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
  it("removes unlisted widths that an attempt on a larger content left", async () => {
    const { s3, resources } = sandbox;
    const recipe = defineRecipe({ presets: { hero: { widths: [50, 100] } } });
    const orphan = `hero-100w/${key}.webp`;
    await s3.send(
      new PutObjectCommand({ Bucket: resources.renditionBucket, Key: orphan, Body: "x" }),
    );
    await upload(await picture(40, 40));
    await reconcile(job({ mayHaveRun: true }), context({ recipe }), never);
    expect([...(await stored()).keys()].sort()).toEqual([
      `hero-50w/${key}.webp`,
      `manifests/${key}.json`,
    ]);
  });

  it.each([
    { now: "a smaller picture", content: () => picture(40, 40) },
    { now: "rejected", content: async () => Buffer.from("no picture") },
  ])(
    "removes what an attempt left before another recipe's program finished its work, the source being $now",
    async ({ content }) => {
      const { s3, resources } = sandbox;
      const recipe = defineRecipe({ presets: { hero: { widths: [50, 100] } } });
      const left = `hero-100w/${key}.webp`;
      await s3.send(
        new PutObjectCommand({ Bucket: resources.renditionBucket, Key: left, Body: "x" }),
      );
      await upload(await content());
      await reconcile(job({ mayHaveRun: true }), context(), never);
      expect([...(await stored()).keys()]).toContain(left);
      await reconcile(job(), context({ recipe }), never);
      expect([...(await stored()).keys()]).not.toContain(left);
      expect(await manifest()).toMatchObject({ stale: [] });
    },
  );

  it("removes renditions that a changed recipe does not make any more", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    const recipe = defineRecipe({ presets: { thumb: "40x40" } });
    const outcome = await reconcile(job(), context({ recipe }), never);
    expect(outcome).toMatchObject({ kind: "rendered", renditions: 1 });
    expect([...(await stored()).keys()].sort()).toEqual([
      `manifests/${key}.json`,
      `thumb/${key}.webp`,
    ]);
  });

  it("removes stale renditions that an earlier attempt did not remove", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    const { s3, resources } = sandbox;
    const at = { Bucket: resources.renditionBucket };
    const leftBehind = `gone/${key}.webp`;
    const crashed = { ...(await manifest()), stale: [leftBehind] };
    await s3.send(
      new PutObjectCommand({ ...at, Key: leftBehind, Body: "x", Metadata: { imagefleet: "0" } }),
    );
    await s3.send(
      new PutObjectCommand({ ...at, Key: `manifests/${key}.json`, Body: JSON.stringify(crashed) }),
    );
    await reconcile(job({ mayHaveRun: true }), context(), never);
    expect((await stored()).has(leftBehind)).toBe(false);
  });

  it("removes renditions that an earlier recipe wrote under another template", async () => {
    await upload(await picture(60, 60));
    const earlier = defineRecipe({
      output: { key: "img/{preset}/{path}.{ext}" },
      presets: { thumb: "40x40" },
    });
    await reconcile(job(), context({ recipe: earlier }), never);
    expect((await stored()).has(`img/thumb/${key}.webp`)).toBe(true);
    await reconcile(job(), context(), never);
    expect((await stored()).has(`img/thumb/${key}.webp`)).toBe(false);
  });

  it("keeps objects of other sources that a forged manifest names", async () => {
    const { s3, resources } = sandbox;
    const at = { Bucket: resources.renditionBucket };
    await upload(await picture(60, 60));
    const victim = { ...job(), key: `${key}.victim/${key}` };
    await s3.send(
      new PutObjectCommand({
        Bucket: resources.sourceBucket,
        Key: victim.key,
        Body: await picture(60, 60),
      }),
    );
    await reconcile(victim, context(), never);
    await reconcile(job(), context(), never);
    const important = `config/${key}.json`;
    await s3.send(new PutObjectCommand({ ...at, Key: important, Body: "{}" }));
    const foreign = [
      `thumb/${victim.key}.webp`,
      `small/${victim.key}.jpg`,
      `manifests/${victim.key}.json`,
      `manifests/${key}.json`,
      important,
    ];
    const { renditions = [], ...rest } = await manifest();
    const [listed] = Array.isArray(renditions) ? renditions : [];
    const [first, ...stale] = foreign;
    const forged = { ...rest, recipe: "0", stale, renditions: [{ ...listed, key: first }] };
    const reported: string[] = [];
    const onForeign = (keys: readonly string[]) => reported.push(...keys);
    for (const how of ["rendered", "removed"]) {
      const body = JSON.stringify(forged);
      await s3.send(new PutObjectCommand({ ...at, Key: `manifests/${key}.json`, Body: body }));
      const before = await stored();
      expect(await reconcile(job(), context({ onForeign }), never)).toMatchObject({ kind: how });
      expect(reported.splice(0).sort()).toEqual([...foreign].sort());
      const after = await stored();
      const kept = foreign.filter((one) => one !== `manifests/${key}.json`);
      for (const one of kept) expect(after.get(one)).toBe(before.get(one));
      await remove();
    }
  });

  it("takes no shortcut by a manifest with stale renditions", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    const { s3, resources } = sandbox;
    const crashed = { ...(await manifest()), stale: [`gone/${key}.webp`] };
    const at = { Bucket: resources.renditionBucket, Key: `manifests/${key}.json` };
    await s3.send(new PutObjectCommand({ ...at, Body: JSON.stringify(crashed) }));
    expect(await reconcile(job(), context(), never)).toMatchObject({ kind: "rendered" });
    expect(await manifest()).toMatchObject({ stale: [] });
  });

  it("replaces a manifest that it cannot read, and removes unlisted renditions then", async () => {
    await upload(await picture(60, 60));
    const { s3, resources } = sandbox;
    const at = { Bucket: resources.renditionBucket, Key: `manifests/${key}.json` };
    await s3.send(new PutObjectCommand({ ...at, Body: "{" }));
    expect(await reconcile(job(), context(), never)).toMatchObject({ kind: "rendered" });
    expect(await manifest()).toMatchObject({ version: 1 });
  });
});
