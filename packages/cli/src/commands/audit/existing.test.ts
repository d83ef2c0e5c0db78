import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { createS3 } from "@imagefleet/core/aws";
import { asEnvironment } from "@imagefleet/local/credentials";
import { startFleet } from "@imagefleet/local/fleet";
import { REGION } from "@imagefleet/local/resources";
import pLimit from "p-limit";
import sharp from "sharp";
import { expect, it, onTestFinished } from "vitest";
import { run } from "../../fixtures/cli.ts";
import { newFolder } from "../../fixtures/folder.ts";

const SOURCES = 60;
const PRESETS = {
  thumb: "8x8",
  late: { widths: [8, 16], formats: ["webp", "jpeg"], when: "request" },
};
const ADDRESSES = ["thumb/KEY.webp", "late-8w/KEY.webp", "late-16w/KEY.jpg", "late-8w/KEY.auto"];

it("a bucket that was there before the fleet is served at once, each picture as it is requested", {
  timeout: 600_000,
}, async () => {
  const folder = await newFolder();
  const recipe = join(folder, "recipe.mjs");
  await writeFile(recipe, `export default ${JSON.stringify({ presets: PRESETS })};`);
  const fleet = await startFleet({
    dataDir: join(folder, "data"),
    port: 0,
    recipe: pathToFileURL(recipe),
    // The jobs that adopt the sources wait until the function must have ended.
    functionTimeoutMs: 5_000,
  });
  onTestFinished(() => fleet.stop());
  const { sourceBucket: Bucket, renditionBucket, endpoint, credentials } = fleet;
  const s3 = createS3({ region: REGION, endpoint, credentials });
  onTestFinished(() => s3.destroy());
  await s3.send(
    new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: {} }),
  );
  const Body = await sharp({ create: { width: 20, height: 20, channels: 3, background: "#369" } })
    .png()
    .toBuffer();
  const limit = pLimit(8);
  const asked = Array.from({ length: SOURCES / 2 }, (_, at) => `asked/${at}.png`);
  const others = Array.from({ length: SOURCES / 2 }, (_, at) => `others/${at}.png`);
  await limit.map([...asked, ...others], (Key) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body })),
  );

  const statuses = await limit.map(asked, async (key, at) => {
    const address = ADDRESSES[at % ADDRESSES.length]?.replace("KEY", key);
    const answer = await fetch(`${fleet.edge.url}/${address}`);
    await answer.arrayBuffer();
    return answer.status;
  });
  expect(new Set(statuses)).toEqual(new Set([200]));
  const cli = { cwd: folder, env: asEnvironment(credentials) };
  const where = ["--endpoint", endpoint, "--recipe", recipe];
  const sent = await run(["reprocess", "others/", "--yes", ...where], cli);
  expect(sent.code, sent.stderr).toBe(0);
  await fleet.idle();

  const { code, stdout } = await run(["audit", "--json", ...where], cli);
  expect(code, stdout).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    isComplete: true,
    sources: SOURCES,
    complete: SOURCES,
  });
  // Both ways lead to the same keys. What is made on request is there where it was requested.
  const stored = async (folderName: string) => {
    const keys: string[] = [];
    for (const Prefix of [`manifests/${folderName}/`, `thumb/${folderName}/`]) {
      const listed = await s3.send(new ListObjectsV2Command({ Bucket: renditionBucket, Prefix }));
      keys.push(...(listed.Contents ?? []).map(({ Key = "" }) => Key.replace(folderName, "")));
    }
    return keys;
  };
  expect(await stored("asked")).toHaveLength(SOURCES);
  expect(await stored("asked")).toEqual(await stored("others"));
  expect(await fleet.deadLetters()).toEqual([]);
});
