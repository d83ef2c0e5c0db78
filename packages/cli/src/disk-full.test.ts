import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue } from "@imagefleet/core/queue";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { putDeadLetters } from "./commands/dlq/fixtures/dead-letters.ts";
import { run } from "./fixtures/cli.ts";
import { noise, put } from "./fixtures/pictures.ts";

/** A disk of a few KiB needs a mount, which needs root. */
const canMount = process.platform === "linux" && process.getuid?.() === 0;

let folder: string;
let disk: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "imagefleet-disk-"));
  disk = join(folder, "disk");
  if (canMount) {
    execFileSync("mkdir", [disk]);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]);
  }
});
afterEach(() => {
  if (canMount) execFileSync("umount", [disk]);
  rmSync(folder, { recursive: true });
});

/** Fills the disk up to this many free bytes. */
function fill(left: number): void {
  const { bavail, bsize } = statfsSync(disk);
  appendFileSync(join(disk, "filler"), Buffer.alloc(bavail * bsize - left, 1));
}

const FULL =
  /cannot be written: the disk is full: free some space there, or name a place on another\s/;

describe.runIf(canMount)("a full disk", () => {
  it("is reported by render, which leaves no file on it", async () => {
    await put(folder, "a.png", sharp(noise(900, 700)).png());
    const out = join(disk, "out");
    const render = () => run(["render", "a.png", "--out", out], { cwd: folder });
    fill(8_192);
    const first = await render();
    expect(first).toMatchObject({ code: 1, stdout: expect.stringContaining("the disk is full") });
    const files = readdirSync(disk, { recursive: true, withFileTypes: true });
    expect(files.filter((each) => each.isFile()).map(({ name }) => name)).toEqual([
      "filler",
      ".imagefleet-renditions",
    ]);
    rmSync(out, { recursive: true });
    fill(0);
    const second = await render();
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(FULL);
    expect(second.stderr).toContain(join(out, ".imagefleet-renditions"));
    expect(readdirSync(out)).toEqual([]);
  });

  describe("with dead letters", () => {
    let sandbox: Sandbox;
    beforeEach(async () => {
      sandbox = await startSandbox();
      const keys = Array.from({ length: 200 }, (_, n) => `${n}.jpg`);
      await putDeadLetters(
        sandbox,
        keys.map((key) => ({ key, reason: "SourceEmpty" })),
      );
    });
    afterEach(() => sandbox.close());

    const dlq = (...args: string[]) =>
      run(["dlq", ...args, "--endpoint", sandbox.endpoint, "--data", sandbox.folder], {
        cwd: folder,
      });

    it("is reported by export, which leaves no partial file", async () => {
      fill(16_384);
      const file = join(disk, "dead-letters.ndjson");
      const { code, stderr } = await dlq("export", file);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(FULL) });
      expect(stderr).toContain(file);
      expect(readdirSync(disk)).toEqual(["filler"]);
    });

    it("is reported by discard, which deletes only dead letters that are in the file", async () => {
      fill(16_384);
      const file = join(disk, "gone.ndjson");
      const { code, stderr } = await dlq("discard", "--yes", "--export", file);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(FULL) });
      expect(stderr.replaceAll(/\s+/g, " ")).toContain(
        `Keep ${file}: it contains every dead letter deleted so far`,
      );
      const text = await readFile(file, "utf8");
      expect(text).toMatch(/\n$/);
      const saved = text.trimEnd().split("\n");
      const { waiting, inFlight } = await new Queue(
        sandbox.sqs,
        sandbox.resources.lanes.small.deadLetters,
      ).counts();
      expect(saved.length).toBeGreaterThan(0);
      expect(new Set(saved.map((line) => JSON.parse(line).key)).size).toBe(saved.length);
      expect(waiting + inFlight).toBeGreaterThanOrEqual(200 - saved.length);
    });
  });
});

it.runIf(process.platform === "linux")("a full stdout is reported in a sentence", async () => {
  await put(folder, "a.png", sharp(noise(20, 20)).png());
  const launcher = ["sh", "-c", 'exec "$@" >/dev/full', "sh"];
  const { code, stderr } = await run(["render", "a.png", "--json"], { cwd: folder, launcher });
  expect(code).toBe(1);
  expect(stderr).toMatch(/error: standard output cannot be written: the disk is full: free some/);
  expect(stderr).not.toContain("    at ");
});
