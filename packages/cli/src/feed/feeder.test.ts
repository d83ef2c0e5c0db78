import { createSqs } from "@imagefleet/core/aws";
import { Queue } from "@imagefleet/core/queue";
import { defineRecipe } from "@imagefleet/core/recipe";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import * as v from "valibot";
import { afterAll, beforeAll, expect, it } from "vitest";
import { takeAll } from "../commands/dlq/fixtures/dead-letters.ts";
import { Feeder } from "./feeder.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const sentSchema = v.object({
  Entries: v.array(v.object({ MessageGroupId: v.optional(v.string()) })),
});

/** Feeds through a client that records what it sends and can refuse it as a server does. */
async function feed(keys: readonly string[], refuses: (group: string | undefined) => boolean) {
  const { endpoint, region, credentials, resources } = sandbox;
  await takeAll(sandbox, resources.lanes.small.url);
  const sqs = createSqs({ endpoint, region, credentials });
  const groups: (string | undefined)[][] = [];
  sqs.middlewareStack.add((next) => async (args) => {
    const entries = v.parse(sentSchema, args.input).Entries;
    groups.push(entries.map(({ MessageGroupId }) => MessageGroupId));
    if (entries.some(({ MessageGroupId }) => refuses(MessageGroupId))) {
      throw new Error("The request include parameter MessageGroupId that is not valid");
    }
    return next(args);
  });
  const feeder = new Feeder({
    queues: {
      small: new Queue(sqs, resources.lanes.small.url),
      large: new Queue(sqs, resources.lanes.large.url),
    },
    recipe: defineRecipe({ presets: { thumb: "16x16" } }),
    maxDepth: Number.POSITIVE_INFINITY,
    consumers: "fixed",
    group: "reprocess",
    signal: new AbortController().signal,
  });
  const bucket = resources.sourceBucket;
  expect(
    await feeder.feed(keys.map((key) => ({ bucket, key, mayHaveRun: false, force: false }))),
  ).toBe(true);
  sqs.destroy();
  return { groups, keys: (await takeAll(sandbox, resources.lanes.small.url)).keys };
}

const KEYS = Array.from({ length: 12 }, (_unused, n) => `${String(n).padStart(2, "0")}.jpg`);

it("sends every message with a group", async () => {
  const { groups, keys } = await feed(KEYS, () => false);
  expect(groups.flat()).toEqual(KEYS.map(() => "reprocess"));
  expect(keys).toEqual(KEYS);
});

it("sends without groups when the server refuses them on standard queues", async () => {
  const { groups, keys } = await feed(KEYS, (group) => group !== undefined);
  expect(groups.flat().filter((group) => group === undefined)).toHaveLength(KEYS.length);
  expect(keys).toEqual(KEYS);
});
