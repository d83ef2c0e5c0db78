import { join } from "node:path";
import { ENCODER } from "@imagefleet/core/image";
import { defineRecipe, recipeFingerprint } from "@imagefleet/core/recipe";
import { asEnvironment } from "@imagefleet/local/credentials";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "../../fixtures/cli.ts";
import { put } from "../../fixtures/pictures.ts";
import { linksOf } from "./links.ts";

const RECIPE = { presets: { thumb: "150x150", hero: { widths: [400, 800] } } } as const;

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ small: 30, large: 120 });
  await put(sandbox.folder, "recipe.mjs", `export default ${JSON.stringify(RECIPE)};`);
});
afterAll(() => sandbox.close());

function fleet(...more: string[]) {
  const where = ["--endpoint", sandbox.endpoint, "--recipe", "recipe.mjs", "--data", "none"];
  const env = asEnvironment(sandbox.credentials);
  return run(["fleet", ...where, ...more], { cwd: sandbox.folder, env });
}

it("prints resources, queues and the recipe as JSON", async () => {
  const { lanes } = sandbox.resources;
  const { code, stdout, stderr } = await fleet("--json", "--small-queue", lanes.small.url);
  expect(code, stderr).toBe(0);
  const json = JSON.parse(stdout);
  const recipe = defineRecipe(RECIPE);
  expect(json).toMatchObject({
    version: 1,
    where: `the local fleet, ${sandbox.endpoint}`,
    isLocal: true,
    imagefleet: "0.1.0",
    node: process.versions.node,
    encoder: ENCODER,
    recipe: {
      file: join(sandbox.folder, "recipe.mjs"),
      fingerprint: recipeFingerprint(recipe, ENCODER),
      presets: recipe.presets,
    },
    queues: {
      smallQueue: {
        url: lanes.small.url,
        arn: lanes.small.arn,
        visibilitySeconds: 30,
        maxReceives: 5,
      },
      smallDlq: { maxReceives: null },
      largeQueue: { visibilitySeconds: 120 },
    },
    links: [],
    edge: null,
    api: null,
  });
  expect(`${json.encoder}.`).toContain(`sharp-${json.sharp.split(".").slice(0, 2).join(".")}.`);
  expect(json.resources).toHaveLength(6);
  expect(json.resources).toContainEqual({
    name: "smallQueue",
    value: lanes.small.url,
    by: "--small-queue",
  });
  expect(json.warnings).toEqual([expect.stringMatching(/^The edge is not known: no edge runs/)]);
});

it("prints tables for a person", async () => {
  const { stdout } = await fleet();
  expect(stdout).toMatch(/\nsmallQueue +imagefleet-small +the local fleet's smallQueue\n/);
  expect(stdout).toMatch(/\nlargeQueue +2 min +/);
  expect(stdout).toMatch(/\nhero +400x +inside +webp +\d+ +upload\n/);
});

it("links to the pages of AWS's console in the region of the queues", () => {
  const url = "https://sqs.eu-west-1.amazonaws.com/123456789012/app-prod-PhotosSmallQueue-abc";
  const queue = (arn: string) => ({ name: "q", arn, url, attributes: {} });
  expect(linksOf([queue("arn:aws:sqs:eu-west-1:123456789012:q")], ["photos"])).toEqual([
    {
      name: "q",
      url: `https://eu-west-1.console.aws.amazon.com/sqs/v3/home?region=eu-west-1#/queues/${encodeURIComponent(url)}`,
    },
    {
      name: "photos",
      url: "https://eu-west-1.console.aws.amazon.com/s3/buckets/photos?region=eu-west-1",
    },
    {
      name: "logs",
      url: "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups$3FlogGroupNameFilter$3Dapp-prod-Photos",
    },
    {
      name: "alarms",
      url: "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:?search=app-prod-Photos",
    },
  ]);
  expect(linksOf([queue("arn:aws-cn:sqs:cn-north-1:123456789012:q")], [])).toEqual([]);
});
