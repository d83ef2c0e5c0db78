import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { Cli, run } from "../../fixtures/cli.ts";
import { newFolder } from "../../fixtures/folder.ts";
import { noise, put } from "../../fixtures/pictures.ts";

async function simulated(...args: string[]) {
  const { stdout, stderr, code } = await run(["simulate", ...args, "--json"], { cwd: "." });
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  return JSON.parse(stdout);
}

describe("imagefleet simulate", () => {
  it("has each upload of a burst done once, and the same again with the same seed", async () => {
    const burst = await simulated("--burst", "300", "--functions", "20");
    expect(burst.small.count).toBe(300);
    expect(burst.batchFill).toBeGreaterThan(9);
    expect(burst.mostFunctions).toBeLessThanOrEqual(20);
    expect(await simulated("--burst", "300", "--functions", "20")).toEqual(burst);
    expect(await simulated("--burst", "300", "--functions", "20", "--seed", "2")).not.toEqual(
      burst,
    );
  });

  it("costs what the bench measured, for full batches, and the same sum as its lines", async () => {
    const { usd, totalUsd } = await simulated("--backfill", "5000");
    // docs/deploy.md, what it costs: $49.23 a million images of the shipped recipe.
    expect((totalUsd / 5000) * 1e6).toBeGreaterThan(47);
    expect((totalUsd / 5000) * 1e6).toBeLessThan(52);
    const sum = Object.values<number>(usd).reduce((all, each) => all + each, 0);
    expect(sum).toBeCloseTo(totalUsd, 10);
  });

  it("starts faster with pollers, and says what limits without them", async () => {
    const ramp = await simulated("--burst", "5000", "--functions", "1000");
    const pollers = await simulated("--burst", "5000", "--pollers", "50-100");
    expect(ramp.limit).toBe("ramp");
    expect(pollers.small.p95).toBeLessThan(ramp.small.p95 / 2);
    expect(pollers.usd.pollers).toBeGreaterThan(0);
  });

  it("finds the smallest setting that holds a target", async () => {
    const of = (functions: number) => [
      "--burst",
      "2000",
      ...(functions > 0 ? ["--functions", `${functions}`] : []),
    ];
    const { settings } = await simulated(...of(0), "--find", "functionConcurrency", "--p95", "30");
    const least = settings.functionConcurrency;
    expect((await simulated(...of(least))).small.p95).toBeLessThanOrEqual(30);
    expect((await simulated(...of(least - 1))).small.p95).toBeGreaterThan(30);
  });

  it("has large images done by tasks, of which a backlog starts more", async () => {
    const { large, mostTasks, onDemandSeconds, spotSeconds } = await simulated(
      "--burst",
      "1000",
      "--large",
      "0.05",
      "--functions",
      "50",
    );
    expect(large.count).toBeGreaterThan(25);
    expect(mostTasks).toBeGreaterThan(3);
    expect(onDemandSeconds).toBeGreaterThan(0);
    expect(spotSeconds).toBeGreaterThan(0);
  });

  it("reads the uploads of each hour, and measures a sample of images", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "hours.csv"), "hour,uploads\n00:00,30\n01:00,0\n02:00,60\n");
    await writeFile(join(folder, "recipe.mjs"), 'export default { presets: { thumb: "16x16" } };');
    await put(folder, "photos/a.jpg", await sharp(noise(64, 64)).jpeg().toBuffer());
    const { stdout, stderr } = await run(
      ["simulate", "--load", "hours.csv", "photos", "--recipe", "recipe.mjs", "--html", "p.html"],
      { cwd: folder },
    );
    expect(stdout).toContain("3 hours with 90 uploads");
    expect(stdout).toContain("Measured with 1 image on the CPU of this machine");
    expect(stderr).toContain("wrote p.html");
    const page = await readFile(join(folder, "p.html"), "utf8");
    expect(page).toContain("<title>3 hours with 90 uploads</title>");
    expect(page.match(/<svg /g)?.length).toBe(3);
    expect(page).not.toContain("<script");
  });

  it.each([
    ["12;12,5\r\n13;13,5\r\n", "2 hours with 26 uploads"],
    ['\uFEFF"hour","uploads"\n"00:00","30"\n', "1 hour with 30 uploads"],
    ["0\t7\n1\t8\n", "2 hours with 15 uploads"],
  ])("reads the hours of %j", async (text, title) => {
    const folder = await newFolder();
    await writeFile(join(folder, "hours.csv"), text);
    const { stdout } = await run(["simulate", "--load", "hours.csv"], { cwd: folder });
    expect(stdout).toContain(title);
  });

  it("bills tasks until they stop, and pollers for as long as they are there", async () => {
    const one = await simulated("--burst", "1", "--large", "1");
    // docs/deploy.md: a single large source costs about $0.02, because a task stops after ten minutes.
    expect(one.usd["Fargate, on demand"]).toBeGreaterThan(0.012);
    expect(one.usd["Fargate, on demand"]).toBeLessThan(0.03);
    expect(one.large).toMatchObject({ count: 1, p99: one.large.longest });
  });

  it("has renditions made on request, and says how many viewers the account refuses", async () => {
    const hour = join(await newFolder(), "hour.csv");
    await writeFile(hour, "360");
    const many = await simulated("--load", hour, "--requests", "5");
    expect(many.requested.count).toBeGreaterThan(5 * 3600 * 0.9);
    expect(many.refused).toBe(0);
    expect(many.usd["Lambda, on request"]).toBeGreaterThan(0);
    const few = await simulated("--load", hour, "--requests", "20", "--account", "3");
    expect(few.refused).toBeGreaterThan(0);
    expect(few.requested.count + few.refused).toBeGreaterThan(20 * 3600 * 0.9);
  });

  it("rebuilds the catalog after a loss, and shifts all by S3's delay", async () => {
    const loss = await simulated("--recover", "1000");
    expect(loss.usd["catalog and notifications"]).toBeGreaterThan(0);
    expect((await simulated("--existing", "1000")).usd["catalog and notifications"]).toBe(0);
    const [once, never] = await Promise.all(
      ["1", "0"].map((times) => simulated("--burst", "10", "--event-delay", times)),
    );
    expect(once.small.p50 - never.small.p50).toBeGreaterThan(0.5);
  });

  it("ends at Ctrl-C, and writes no page", async () => {
    const folder = await newFolder();
    await put(folder, "photos/a.jpg", await sharp(noise(64, 64)).jpeg().toBuffer());
    await put(folder, "photos/notes.txt", "x");
    const cli = new Cli(["simulate", "photos", "--per-day", "1e8", "--html", "long.html"], {
      cwd: folder,
    });
    onTestFinished(() => cli.kill());
    await cli.line(/skipped 1 file/);
    cli.signal("SIGINT");
    expect((await cli.ended()).code).toBe(130);
    await expect(readFile(join(folder, "long.html"))).rejects.toThrow("ENOENT");
  });

  it("says what is wrong with its options", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "bad.csv"), "1\ntwo\n");
    const wrong = async (...args: string[]) => {
      const { code, stderr } = await run(["simulate", ...args], { cwd: folder });
      expect(code).toBe(2);
      return stderr;
    };
    expect(await wrong()).toContain("no load is named: use one of --per-day");
    expect(await wrong("--burst", "1", "--per-day", "1")).toContain("more than one load");
    expect(await wrong("--load", "bad.csv")).toContain('line 2 is "two"');
    expect(await wrong("--load", "none.csv")).toContain("--load none.csv cannot be read");
    expect(await wrong("--burst", "9", "--find", "workerTasks")).toContain("--find needs --p95");
    expect(await wrong("--burst", "9", "--pollers", "9-1")).toContain("such as 20-100");
    expect(await wrong("--burst", "9", "--peak", "0.5")).toContain("from 1 to 24");
    expect(await wrong("--burst", "9", "--uploads", "5")).toContain("--uploads needs --backfill");
    expect(await wrong("--backfill", "9", "--uploads", "20")).toContain("would never end");
    expect(await wrong("--burst", "9", "--html", "none/p.html")).toContain("cannot be written");
    const never = await wrong("--burst", "99", "--find", "functionConcurrency", "--p95", "0.1");
    expect(never).toContain("cannot be held");
  });
});
