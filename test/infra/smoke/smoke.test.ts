import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { parseJobLine } from "@imagefleet/core/telemetry";
import { samplesOf, sums } from "@imagefleet/local/emf";
import { startEventSource } from "@imagefleet/local/event-source";
import { startFunction } from "@imagefleet/local/function";
import { startOtlpReceiver } from "@imagefleet/local/otlp";
import { environmentIn, startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensurePlatform } from "../../../scripts/sst/platform.ts";
import { type Bundled, bundle, unpack, withSharpOfThisMachine } from "./artifact.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const HEIC = join(ROOT, "packages/core/src/image/formats/heic/phone.fixture.heic");
const MIB = 1024 * 1024;
const SMOKE_MS = 240_000;

let folder: string;
let bundled: Bundled;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "imagefleet-artifact-"));
  await ensurePlatform(ROOT);
  bundled = await bundle("arm64");
}, SMOKE_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("is one diff of the real sst, with its tags on everything", () => {
  const { diff } = bundled;
  expect(diff.resources.length).toBeGreaterThan(60);
  expect(JSON.parse(diff.config["aws:defaultTags"] ?? "")).toEqual({
    tags: { project: "imagefleet", stage: "smoke", "sst:app": "imagefleet", "sst:stage": "smoke" },
  });
});

it("puts into the artifact what the function runs on, for its processor, and little else", () => {
  const { version }: { version: string } = JSON.parse(
    readFileSync(join(ROOT, "packages/core/node_modules/sharp/package.json"), "utf8"),
  );
  const { files } = bundled;
  const paths = [...files.keys()];
  expect(paths).toContain("bundle.mjs");
  expect(paths).toContain("transcode-thread.mjs");
  expect(paths).toContain(
    `node_modules/@img/sharp-linux-arm64/lib/sharp-linux-arm64-${version}.node`,
  );
  expect(paths.filter((path) => path.includes("libvips-cpp.so"))).toEqual([
    expect.stringMatching(
      /^node_modules\/@img\/sharp-libvips-linux-arm64\/lib\/libvips-cpp\.so\.[\d.]+$/,
    ),
  ]);
  expect(
    paths.filter((path) => /^node_modules.*(x64|darwin|win32|musl)|\.map$/.test(path)),
  ).toEqual([]);
  const binaries = paths.filter((path) => /\.(node|so)(\.|$)/.test(path));
  expect(binaries.length).toBeGreaterThan(1);
  for (const path of binaries) expect(machine(files.get(path))).toBe("AArch64");
  const bytes = [...files.values()].reduce((sum, each) => sum + each.length, 0);
  expect(bytes).toBeLessThan(60 * MIB);
});

it(
  "works on a batch from an empty folder: JPEG, HEIC and BMP",
  async () => {
    unpack(bundled.files, folder);
    withSharpOfThisMachine(folder, ROOT);
    const collector = await startOtlpReceiver();
    const sandbox = await startSandbox({ small: 60, large: 60 });
    const { s3, sqs, region, resources } = sandbox;
    const { small } = resources.lanes;
    const create = { width: 300, height: 200, channels: 3, background: "#369" } as const;
    const sources = {
      "a.jpg": await sharp({ create }).jpeg().toBuffer(),
      "b.heic": readFileSync(HEIC),
      "c.bmp": bmp(40, 30),
    };
    const ends = new Map<string, string>();
    const lines: string[] = [];
    const all = Promise.withResolvers<void>();
    const fn = startFunction({
      name: "artifact",
      handler: pathToFileURL(join(folder, "bundle.mjs")),
      exportName: "handler",
      memoryBytes: 2048 * MIB,
      timeoutMs: 60_000,
      maximumConcurrency: 1,
      environment: {
        ...environmentIn(sandbox),
        IMAGEFLEET_RECIPE: join(folder, "recipe.mjs"),
        IMAGEFLEET_METRICS_NAMESPACE: "imagefleet/smoke",
        // Loaded when it is asked for, from a file of its own.
        IMAGEFLEET_TRACES_URL: collector.url,
      },
      onLog: (line) => {
        lines.push(line);
        const job = parseJobLine(line);
        if (job?.key !== undefined) ends.set(job.key, job.outcome);
        if (ends.size === Object.keys(sources).length) all.resolve();
      },
      onExit: ({ why }) => all.reject(new Error(`the function ended: ${why}\n${lines.join("\n")}`)),
    });
    for (const [Key, Body] of Object.entries(sources)) {
      await s3.send(new PutObjectCommand({ Bucket: resources.sourceBucket, Key, Body }));
    }
    const mapping = startEventSource({
      sqs,
      queueUrl: small.url,
      queueArn: small.arn,
      region,
      batchSize: 10,
      windowMs: 0,
      maximumConcurrency: 1,
      reportBatchItemFailures: true,
      fn,
      onBatch: () => undefined,
      onError: all.reject,
    });
    try {
      await all.promise;
      const rendered = Object.keys(sources).map((key) => [key, "rendered"]);
      expect([...ends].sort()).toEqual(rendered);
      await mapping.stop();
      const counted = sums(lines.flatMap(samplesOf));
      expect(counted["jobs lane=small outcome=rendered"]).toBe(rendered.length);
      const jobs = collector.spans.filter(({ name }) => name === "job");
      expect(jobs).toHaveLength(rendered.length);
    } finally {
      await mapping.stop();
      await fn.stop();
      await collector.close();
      await sandbox.close();
    }
  },
  SMOKE_MS,
);

/** From an ELF file's header. */
function machine(bytes: Uint8Array | undefined): string {
  const code = Buffer.from(bytes ?? []).readUInt16LE(18);
  return code === 183 ? "AArch64" : `machine ${code}`;
}

/** 24 bit, upside down, as BMPs are. */
function bmp(width: number, height: number): Buffer {
  const stride = Math.ceil((width * 3) / 4) * 4;
  const file = Buffer.alloc(54 + stride * height, 0x80);
  file.write("BM");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(0, 6);
  file.writeUInt32LE(54, 10);
  file.fill(0, 14, 54);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  return file;
}
