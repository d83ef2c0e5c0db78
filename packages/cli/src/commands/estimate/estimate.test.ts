import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { expect, it } from "vitest";
import { run } from "../../fixtures/cli.ts";
import { newFolder } from "../../fixtures/folder.ts";
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

it("leaves renditions on request out of the sum, and tells what they and a million views cost", async () => {
  const folder = await newFolder();
  await put(folder, "photos/a.jpg", await sharp(noise(400, 400)).jpeg().toBuffer());
  const estimated = async (presets: object, ...more: string[]) => {
    await writeFile(join(folder, "recipe.mjs"), `export default ${JSON.stringify({ presets })};`);
    const args = ["estimate", "photos", "--recipe", "recipe.mjs", ...more];
    const { stdout, stderr, code } = await run(args, { cwd: folder });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    return stdout;
  };
  const [thumb, large] = ["16x16", { size: "200w", format: "avif" }];
  const upload = JSON.parse(await estimated({ thumb, large }, "--json"));
  const mixed = { thumb, large: { ...large, when: "request" } };
  const request = JSON.parse(await estimated(mixed, "--json", "--hit-ratio", "0.5"));
  expect(upload.delivery.views.map((each: { hitRatio: number }) => each.hitRatio)).toEqual([
    0.9, 0.99,
  ]);
  expect(request.delivery.views).toMatchObject([{ hitRatio: 0.5, s3Usd: 0.2, requestsUsd: 1 }]);
  // The same renditions, made at another time.
  expect(request.bytesOut).toBeLessThan(upload.bytesOut);
  expect(request.storeUsd).toBeLessThan(upload.storeUsd);
  expect(request.delivery.bytesAView).toBe(upload.delivery.bytesAView);
  expect(request.delivery.made.totalUsd).toBeGreaterThan(8);
  expect(request.uploads).toBeNull();
  const uploads = JSON.parse(await estimated(mixed, "--json", "--uploads")).uploads;
  expect(uploads.itemBytes).toBe(457 + 2 * 180);
  const text = await estimated(mixed, "--uploads");
  expect(text).toMatch(
    /\nA million uploads, besides their renditions: \$\d+\.\d\d\n\nAPI +\$\d+\.\d\d\ntable +\$/,
  );
  expect(text).toMatch(
    /\nA million views\n\nhits +transfer +requests +edge functions +S3 +total\n90 % /,
  );
  expect(text).toMatch(/\nA million renditions made on request: \$\d+\.\d\d\n/);
  expect(text).toContain("Free each month: 1,024 GiB, 10,000,000 requests");
  expect(text).toContain("1 rendition of each source is made on request");
  const wrong = await run(["estimate", "photos", "--hit-ratio", "90"], { cwd: folder });
  expect(wrong.stderr).toContain("Use a number from 0 to 1, such as 0.95.");
  expect(wrong.code).toBe(2);
});
