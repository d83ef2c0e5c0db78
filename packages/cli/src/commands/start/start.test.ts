import { readdir, readFile, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { createS3 } from "@imagefleet/core/aws";
import { imageSizeFromFile } from "image-size/fromFile";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { folderCredentials } from "../../connection/data-folder.ts";
import { OUTPUT_MARK } from "../../files/output/mark.ts";
import { Cli } from "../../fixtures/cli.ts";
import { newFolder } from "../../fixtures/folder.ts";
import { cut, noise, put } from "../../fixtures/pictures.ts";

let cwd = "";
let started: Cli[] = [];

beforeEach(async () => {
  cwd = await newFolder();
  const presets = {
    thumb: { size: "50x50", fit: "cover" },
    wide: { size: "320w", format: "jpeg" },
  };
  await put(cwd, "recipe.mjs", `export default ${JSON.stringify({ presets })};`);
  started = [];
});
afterEach(() => {
  for (const cli of started) cli.kill();
});

function start(...args: string[]): Cli {
  const own = ["--recipe", "recipe.mjs", "--data", "data", "--port", "0"];
  const cli = new Cli(["start", ...own, ...args], { cwd });
  started.push(cli);
  return cli;
}

/** A client as a person's own tools use it for the fleet of `data`. */
function s3At(endpoint = "") {
  const credentials = folderCredentials(join(cwd, "data"));
  return createS3({ region: "us-east-1", endpoint, ...(credentials && { credentials }) });
}

async function files(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .filter((path) => path !== OUTPUT_MARK)
    .sort();
}

describe("imagefleet start --once --json", () => {
  test("processes a folder in both lanes, reports results, copies files, exits with 3 and leaves no process", async () => {
    const odd = "a b+c%20'\"/ü/🐱.jpg";
    const good = [odd, ...Array.from({ length: 12 }, (_unused, index) => `photo-${index}.jpg`)];
    for (const key of good) await put(cwd, `in/${key}`, sharp(noise(640, 480)).jpeg());
    // 2,700 x 2,700 x 3 bytes: 20.9 MiB.
    await put(cwd, "in/scan.tif", sharp(noise(2700, 2700)).tiff({ compression: "none" }));
    await put(cwd, "in/cut.jpg", cut(await sharp(noise(600, 400)).jpeg().toBuffer()));
    await put(cwd, "in/text.jpg", "this is not an image");
    await put(cwd, "in/empty.png", "");

    const cli = start("--once", "--json", "--out", "out", "in");
    const { code, stdout, stderr } = await cli.ended();

    expect(code, stderr).toBe(3);
    // The test event of S3 is not an upload.
    expect(stderr).not.toContain("earlier uploads");
    expect(stdout.trim().split("\n")).toHaveLength(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      sources: 17,
      outcomes: { rendered: 14, rejected: 3 },
      lanes: { small: 16, large: 1 },
      renditions: 28,
    });
    const byKey = Map.groupBy(report.results, (result: { key: string }) => result.key);
    expect([...byKey.keys()].sort()).toEqual(
      [...good, "scan.tif", "cut.jpg", "text.jpg", "empty.png"].sort(),
    );
    expect(byKey.get("scan.tif")).toMatchObject([{ lane: "large", outcome: "rendered" }]);
    expect(byKey.get(odd)).toMatchObject([{ lane: "small", outcome: "rendered", reason: null }]);
    const reasons = report.deadLetters.map(({ key, reason }: Record<string, string>) => [
      key,
      reason,
    ]);
    expect(reasons.sort()).toEqual([
      ["cut.jpg", "SourceCorrupt"],
      ["empty.png", "SourceEmpty"],
      ["text.jpg", "SourceUnsupported"],
    ]);

    const renditions = report.results.flatMap(
      (result: { renditions: unknown[] }) => result.renditions,
    );
    for (const { key, width, height } of renditions) {
      const read = await imageSizeFromFile(join(cwd, "out", key));
      expect(read, key).toMatchObject({ width, height });
    }
    expect(await imageSizeFromFile(join(cwd, "out/wide/scan.tif.jpg"))).toMatchObject({
      width: 320,
      height: 320,
    });
    const copiedOut = await files(join(cwd, "out"));
    expect(copiedOut).toHaveLength(28 + 17);
    const why = JSON.parse(await readFile(join(cwd, "out/manifests/cut.jpg.json"), "utf8"));
    expect(why.rejected.reason).toBe("SourceCorrupt");
    expect(stderr).toMatch(/scan\.tif +large +rendered/);
    expect(cli.isAlive).toBe(false);

    const again = await start("--once", "--json", "in").ended();
    expect(JSON.parse(again.stdout)).toMatchObject({
      outcomes: { unchanged: 17 },
      renditions: 28,
      bytesOut: report.bytesOut,
    });
    expect(again.stderr).toContain("3 dead letters of other runs");
  }, 90_000);
});

describe("imagefleet start", () => {
  test("processes later uploads, copies their renditions, and leaves no process after Ctrl-C", async () => {
    await put(cwd, "in/first.jpg", sharp(noise(400, 300)).jpeg());
    const cli = start("--json", "--out", "out", "in");
    const endpoint = (await cli.line(/^S3 and SQS at /)).split(/[ ,]+/)[4];
    await cli.line(/^Press Ctrl-C to stop/);
    const later = await sharp(noise(500, 500)).jpeg().toBuffer();
    await s3At(endpoint).send(
      new PutObjectCommand({ Bucket: "imagefleet-source", Key: "later.jpg", Body: later }),
    );
    expect(await cli.line(/later\.jpg/)).toMatch(/^rendered {2}later\.jpg {2}.*small lane/);
    cli.signal("SIGINT");
    const { code, stdout } = await cli.ended();
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ sources: 1, outcomes: { rendered: 1 } });
    expect(await files(join(cwd, "out"))).toContain("wide/later.jpg.jpg");
    expect(cli.isAlive).toBe(false);
  }, 60_000);

  test("finishes the jobs in flight at Ctrl-C, and the next start does the rest", async () => {
    for (let n = 0; n < 16; n++) await put(cwd, `in/${n}.jpg`, sharp(noise(1200, 900)).jpeg());
    const cli = start("--json", "in");
    await cli.line(/^S3 and SQS at /);
    cli.signal("SIGTERM");
    const { code, stdout, stderr } = await cli.ended();
    const { sources, notUploaded, results, unfinished } = JSON.parse(stdout);
    expect(sources + notUploaded.length).toBe(16);
    expect(results.length + unfinished).toBe(sources);
    expect(notUploaded[0].message).toBe("interrupted before its upload");
    expect(stderr).toContain(`${notUploaded.length} images not uploaded:`);
    expect(stderr).toContain("the next start with the same folder uploads them");
    expect(stderr).toContain("Stopping after the jobs in flight");
    expect(code).toBe(1);
    expect(cli.isAlive).toBe(false);
    const next = await start("--once", "--json", "in").ended();
    expect(next.code, next.stderr).toBe(0);
    expect(JSON.parse(next.stdout).results).toHaveLength(16);
    expect(JSON.parse(next.stdout)).toMatchObject({ notUploaded: [], unfinished: 0 });
  }, 90_000);

  test("counts what is left at Ctrl-C after the jobs in flight", async () => {
    for (let n = 0; n < 16; n++) await put(cwd, `in/${n}.jpg`, sharp(noise(1200, 900)).jpeg());
    const cli = start("--json", "in");
    const endpoint = (await cli.line(/^S3 and SQS at /)).split(/[ ,]+/)[4];
    const s3 = s3At(endpoint);
    const made = async () => {
      const listed = await s3.send(new ListObjectsV2Command({ Bucket: "imagefleet-renditions" }));
      return listed.KeyCount !== 0;
    };
    while (!(await made()));
    cli.signal("SIGINT");
    const { stdout, stderr } = await cli.ended();
    const { results, unfinished } = JSON.parse(stdout);
    expect(results.length).toBeGreaterThan(0);
    const [, without = "0", queued = "0"] =
      /(\d+) sources? unfinished, (\d+) messages? in the queues/.exec(stderr) ?? [];
    expect([Number(without), Number(queued)]).toEqual([unfinished, unfinished]);
    const next = await start("--once", "in").ended();
    const [, older = "0"] = /(\d+) messages? of earlier/.exec(next.stderr) ?? [];
    expect(Number(older)).toBe(unfinished);
  }, 90_000);

  test("stops at once at a second Ctrl-C", async () => {
    await put(cwd, "in/a.jpg", sharp(noise(64, 64)).jpeg());
    const cli = start("in");
    await cli.line(/^Press Ctrl-C to stop/);
    cli.signal("SIGINT");
    await cli.line(/^Stopping after/);
    cli.signal("SIGINT");
    const { code } = await cli.ended();
    expect(code).toBe(130);
  }, 60_000);

  test("names the process that uses --data, and a damaged database", async () => {
    await put(cwd, "in/a.jpg", sharp(noise(64, 64)).jpeg());
    const first = start("in");
    await first.line(/^Press Ctrl-C to stop/);
    const second = await start("--once", "in").ended();
    expect(second.stderr).toMatch(
      /--data .*: another start uses it \(pid \d+, since .*\)\. Stop it first/,
    );
    expect([second.code, second.stdout]).toEqual([2, ""]);
    first.signal("SIGINT");
    const { stdout } = await first.ended();
    expect(stdout.trim().split("\n").at(-1)).toMatch(/stored in .*data; --out DIR copies them/);

    for (const file of (await files(join(cwd, "data/aws"))).filter((each) => /db/.test(each))) {
      await put(cwd, `data/aws/${file}`, "not a database".repeat(500));
    }
    const third = await start("--once", "in").ended();
    expect(third.stderr).toMatch(
      /its database is damaged and cannot be opened\. Delete it with --fresh/,
    );
    expect(third.code).toBe(1);
  }, 60_000);

  test("names a port that is in use, and what to do, before it makes sample pictures", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const { code, stderr } = await start("--port", String(port), "--once").ended();
    server.close();
    expect(stderr).toContain(`port ${port} of 127.0.0.1 is in use, perhaps by another start`);
    expect(stderr).toContain(`--port ${Number(port) + 2} --data DIR`);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stderr).not.toContain("sample pictures");
    expect(code).toBe(2);
    expect(await readdir(join(cwd, "data"))).not.toContain("samples");
  }, 60_000);

  test("reports skipped files, followed links, and what to do about a file that is not an image", async () => {
    await put(cwd, "in/notes.txt", "x");
    await put(cwd, "in/text.jpg", "this is not an image");
    await put(cwd, "elsewhere/b.jpg", sharp(noise(64, 64)).jpeg());
    await symlink(join(cwd, "elsewhere"), join(cwd, "in/linked"));
    const { code, stdout, stderr } = await start("--once", "in").ended();
    expect(code).toBe(3);
    expect(stderr).toContain(
      "2 images; skipped 1 file not named like an image (notes.txt); followed 1 link out of the folder (linked)\n",
    );
    expect(stdout).toMatch(/linked\/b\.jpg +small +rendered/);
    expect(stdout).toContain(
      "→ if the message names a switch, set it in recipe.ts; if this is not an image, remove it",
    );
  }, 60_000);

  test("shows some of many sources and dead letters, and its JSON has all, as it says", async () => {
    for (let n = 0; n < 42; n++) await put(cwd, `in/${n}.jpg`, "this is no picture");
    const { stdout, stderr } = await start("--once", "--json", "in").ended();
    expect(stderr).toContain("… and 12 more. Shown are problems and the slowest; --json lists");
    expect(stderr).toContain("… and 22 more: --json lists all");
    const { results, deadLetters } = JSON.parse(stdout);
    expect([results.length, deadLetters.length]).toEqual([42, 42]);
  }, 60_000);

  test("reports an unreadable file, processes the others, and exits with 1", async () => {
    await put(cwd, "in/a.jpg", sharp(noise(64, 64)).jpeg());
    await symlink("nowhere.jpg", join(cwd, "in/lost.jpg"));
    const { code, stdout } = await start("--once", "in").ended();
    expect(code).toBe(1);
    expect(stdout).toMatch(/a\.jpg +small +rendered/);
    expect(stdout).toMatch(
      /1 file could not be uploaded\n.*lost\.jpg: it is a link to nowhere\.jpg, which does not exist/,
    );
  }, 60_000);

  test.each([
    [["nowhere"], /nowhere does not exist: name a folder/],
    [["--port", "70000"], /argument '70000' is invalid\. Use a whole number from 0 to 65534/],
    [["--out", "in/a.jpg", "in"], /--out .*a\.jpg cannot be used: a file is/],
    [["--data", "in/a.jpg", "in"], /--data .*a\.jpg cannot be used: a file is/],
    [["--data", "/proc/nothing", "in"], /--data \/proc\/nothing cannot be used/],
    [
      ["--data", "in", "in"],
      /--data .*in was not made by imagefleet .* it contains a\.jpg\. Use an/,
    ],
    [["--data", ".", "in"], /--data .* was not made by imagefleet/],
  ])("refuses %j", async (args, message) => {
    await put(cwd, "in/a.jpg", sharp(noise(64, 64)).jpeg());
    await put(cwd, "aws/somebody's", "x");
    const { code, stdout, stderr } = await start(...args).ended();
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, ""]);
  });
});
