import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createSqs } from "@imagefleet/core/aws";
import { NESTED } from "@imagefleet/core/intake/fixtures";
import { Queue } from "@imagefleet/core/queue";
import { type Fleet, startFleet } from "@imagefleet/local/fleet";
import { laneUrl, REGION } from "@imagefleet/local/resources";
import sharp from "sharp";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type DataFolder, openDataFolder } from "../../connection/data-folder.ts";
import { run } from "../../fixtures/cli.ts";
import { newFolder } from "../../fixtures/folder.ts";
import { noise, put } from "../../fixtures/pictures.ts";

const UPLOADS = 60;
const NESTED_BODIES = 6;

let cwd: string;
let data: DataFolder;
let fleet: Fleet;

beforeEach(async () => {
  cwd = await newFolder();
  const recipe = { presets: { thumb: "20x20" }, lanes: { smallBytes: 2_000 } };
  await put(cwd, "recipe.mjs", `export default ${JSON.stringify(recipe)};`);
  data = await openDataFolder(join(cwd, "data"), false);
  fleet = await startFleet({
    dataDir: data.fleet,
    port: 0,
    recipe: pathToFileURL(join(cwd, "recipe.mjs")),
  });
});
afterEach(async () => {
  await fleet.stop();
  await data[Symbol.asyncDispose]();
});

it("renders 60 uploads beside 6 bodies nested 5,000 deep on each lane, and every command handles their dead letters", async () => {
  const { endpoint, credentials } = fleet;
  const rendered = { small: new Set<string>(), large: new Set<string>() };
  fleet.onJob(({ lane, outcome, key }) => outcome === "rendered" && rendered[lane].add(key));
  await put(cwd, "flat.png", sharp(noise(24, 24)).blur(20).png());
  await put(cwd, "noise.png", sharp(noise(40, 40)).png());
  const sqs = createSqs({ region: REGION, endpoint, credentials });
  for (const lane of ["small", "large"] as const) {
    const queue = new Queue(sqs, (await laneUrl(sqs, lane)) ?? "");
    for (let n = 0; n < NESTED_BODIES; n++) await queue.send({ body: NESTED });
  }
  sqs.destroy();
  for (let n = 0; n < UPLOADS; n++) {
    await fleet.upload(`${n}.png`, join(cwd, n % 2 === 0 ? "flat.png" : "noise.png"));
  }
  await fleet.idle();
  expect([rendered.small.size, rendered.large.size]).toEqual([UPLOADS / 2, UPLOADS / 2]);
  const deadLetters = await fleet.deadLetters();
  expect(deadLetters).toHaveLength(2 * NESTED_BODIES);
  expect(deadLetters.every(({ reason }) => reason === "MessageMalformed")).toBe(true);

  const cli = (...args: string[]) =>
    run([...args, "--endpoint", endpoint, "--data", join(cwd, "data")], { cwd });
  const of = ["--reason", "MessageMalformed"];
  const listed = await cli("dlq", "list", "--json");
  const { id } = JSON.parse(listed.stdout.split("\n")[0] ?? "");
  for (const [args, text] of [
    [["status"], "12 dead letters"],
    [["dlq"], "MessageMalformed"],
    [["dlq", "list"], "(no source)"],
    [["dlq", "show", id], "[[[["],
    [["dlq", "redrive", "--dry-run"], "12 dead letters would be redriven"],
    [["dlq", "export", "dead-letters.ndjson"], "12 dead letters exported"],
    [["dlq", "discard", ...of, "--export", "gone.ndjson", "--yes"], "12 dead letters"],
    [["dlq", "import", "gone.ndjson"], "12 dead letters imported from"],
    [["dlq", "redrive", "--id", "x"], "nothing to redrive"],
    [["audit", "--recipe", "recipe.mjs"], ""],
  ] as const) {
    const ended = await cli(...args);
    expect(ended.stderr + ended.stdout, args.join(" ")).toContain(text);
    expect([args, ended.code]).toEqual([args, 0]);
  }
  // Each fails again and returns to its dead-letter queue.
  expect((await cli("dlq", "redrive", "--yes")).code).toBe(0);
  await fleet.idle();
  expect((await fleet.status()).deadLetters).toEqual({ small: 6, large: 6 });
  await fleet.stop();
  await data[Symbol.asyncDispose]();

  const own = ["--recipe", "recipe.mjs", "--data", "data", "--port", "0"];
  const again = await run(["start", "--once", ...own, "flat.png"], { cwd });
  expect(again.stderr + again.stdout).toContain("12 dead letters");
  expect(again.code).toBe(0);
}, 120_000);
