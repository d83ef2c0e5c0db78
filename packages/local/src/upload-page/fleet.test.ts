import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { hasChromium } from "../aws/fixtures/chromium.ts";
import { folder } from "../aws/fixtures/folder.ts";
import { startFleet } from "../fleet/index.ts";
import { UploadFlow } from "./fixtures/flow.ts";
import { UPLOAD_PAGE } from "./index.ts";

const MIB = 1024 * 1024;
/** 100 MB take 5 s and two interruptions. */
const BYTES_PER_SECOND = 20 * MIB;

test.runIf(hasChromium)(
  "three files: 100 MB over a connection that drops twice, a photo and a corrupt one",
  async () => {
    const files = await folder();
    const presets = {
      thumb: { size: "150x150", fit: "cover" },
      hero: { widths: [320, 640], formats: ["webp", "jpeg"] },
    };
    const recipe = join(files, "recipe.mjs");
    await writeFile(recipe, `export default ${JSON.stringify({ presets })};`);
    const large = join(files, "large.tif");
    const photo = join(files, "photo.jpg");
    const corrupt = join(files, "corrupt.jpg");
    const plain = (width: number, height: number) =>
      sharp({ create: { width, height, channels: 3, background: "#2a7" } });
    const { size } = await plain(5774, 5774).tiff({ compression: "none" }).toFile(large);
    expect(size).toBeGreaterThan(100_000_000);
    await plain(4000, 3000).jpeg().toFile(photo);
    await writeFile(corrupt, "this is no picture");

    const fleet = await startFleet({
      dataDir: join(files, "data"),
      port: 0,
      recipe: pathToFileURL(recipe),
      catalog: true,
    });
    onTestFinished(() => fleet.stop());
    const url = fleet.edge.url + UPLOAD_PAGE;
    const flow = await UploadFlow.open(url);
    await flow.until(({ none }) => none);
    await flow.page.connect("online", BYTES_PER_SECOND);
    await flow.page.choose("#files", [large, photo, corrupt]);
    await flow.drop("large.tif", 0.2, BYTES_PER_SECOND);
    await flow.drop("large.tif", 0.6, BYTES_PER_SECOND);
    await flow.until(({ images }) => images.length === 2);
    await flow.until(({ uploads }) => uploads.every(({ state }) => state === "rejected"));
    const { uploads } = await flow.see();
    expect(uploads).toMatchObject([
      { name: "corrupt.jpg", text: expect.stringContaining("SourceUnsupported") },
    ]);
    await flow.page.connect("online");
    await flow.imagesArePainted(2);
    await flow.keepScreenshot("upload-fleet");

    await flow.delete("photo.jpg");
    await flow.page.goto(url);
    await flow.until(({ images }) => images.some(({ name }) => name === "large.tif"));
    const { images } = await flow.see();
    expect(images.map(({ name }) => name)).not.toContain("photo.jpg");
    // The fleet removes the renditions of a source that was deleted.
    await fleet.idle();
  },
  600_000,
);
