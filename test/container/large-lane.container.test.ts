import { writeTiff } from "@imagefleet/local/samples";
import { describe, expect, inject, it } from "vitest";
import { MINUTES, TASK, useWorkerSandbox } from "./worker-sandbox.ts";

const image = inject("workerImage");
const { start, upload, progressive, file, manifestOf, waiting, largeLane } =
  useWorkerSandbox(image);

/** 40000 x 30000 uncompressed RGB px: 3.6 GB. */
async function gigapixel(name: string): Promise<string> {
  const path = file(name);
  const [width, height, rowsPerStrip] = [40_000, 30_000, 16];
  const strip = Buffer.alloc(width * rowsPerStrip * 3);
  const strips = function* () {
    for (let top = 0; top < height; top += rowsPerStrip) {
      strip.fill(top >> 7);
      yield strip.subarray(0, width * Math.min(rowsPerStrip, height - top) * 3);
    }
  };
  const compression = "none";
  await writeTiff(path, [
    { width, height, channels: 3, rowsPerStrip, compression, strips: strips() },
  ]);
  return path;
}

describe.skipIf(image === "")("the worker's image", () => {
  it("drains the large lane within a task's limits: 108 megapixels progressive, and 3.6 GB", {
    timeout: 10 * MINUTES,
  }, async () => {
    const { said, kill, exit } = await start(TASK);
    await upload("photo.jpg", await progressive());
    // Written and uploaded while the worker renders the first.
    await upload("map.tif", await gigapixel("map.tif"));
    await said({ msg: "job", outcome: "rendered", key: "photo.jpg" });
    await said({ msg: "job", outcome: "rendered", key: "map.tif" });
    expect((await manifestOf("photo.jpg"))?.renditions.length).toBeGreaterThan(0);
    expect((await manifestOf("map.tif"))?.source).toMatchObject({ width: 40_000, height: 30_000 });
    await kill("SIGTERM");
    expect(await exit()).toEqual({ code: 0, outOfMemory: false });
    expect(await waiting(largeLane().url)).toEqual({ waiting: 0, inFlight: 0 });
  });
});
