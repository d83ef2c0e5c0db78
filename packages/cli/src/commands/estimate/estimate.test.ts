import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { expect, it } from "vitest";
import { run } from "../../fixtures/cli.ts";
import { noise, put } from "../../fixtures/pictures.ts";

it("estimates files and a bucket in the same way, from a sample", async () => {
  const sandbox = await startSandbox();
  try {
    const { folder, s3, endpoint, resources } = sandbox;
    const recipe = join(folder, "recipe.mjs");
    await writeFile(recipe, 'export default { presets: { thumb: "16x16", small: "32w" } };');
    for (const name of ["a.jpg", "b.jpg", "c.jpg"]) {
      const picture = await sharp(noise(200, 200)).jpeg().toBuffer();
      await put(join(folder, "photos"), name, picture);
      await s3.send(
        new PutObjectCommand({ Bucket: resources.sourceBucket, Key: `x/${name}`, Body: picture }),
      );
    }
    const where = [
      "--endpoint",
      endpoint,
      "--data",
      folder,
      "--recipe",
      recipe,
      "--json",
      "--sample",
      "2",
    ];
    for (const target of ["photos", `s3://${resources.sourceBucket}/x/`]) {
      const { stdout, stderr } = await run(["estimate", target, ...where], { cwd: folder });
      expect(stderr).toBe("");
      expect(JSON.parse(stdout)).toMatchObject({
        sources: 3,
        large: 0,
        sample: { measured: 2, rejected: {} },
        lanes: { small: { images: 3 }, large: { images: 0, usd: 0 } },
      });
    }
    await put(join(folder, "photos"), "notes.txt", "x");
    const beside = await run(["estimate", "photos", ...where], { cwd: folder });
    expect(beside.stderr).toBe("skipped 1 file not named like an image (notes.txt)\n");
    await put(folder, "broken.jpg", "not an image");
    const broken = await run(["estimate", "broken.jpg", ...where], { cwd: folder });
    expect(broken.code).toBe(2);
    expect(broken.stderr).toContain("SourceUnsupported");
  } finally {
    await sandbox.close();
  }
});
