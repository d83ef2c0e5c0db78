import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { ensurePlatform } from "../../../scripts/sst/platform.ts";
import { buildGraph } from "../build.ts";
import { unexpected } from "../expected.ts";
import { fleetIn } from "../fleet.ts";
import { brokenRules } from "../rules/index.ts";
import { mutated, VARIANT } from "./mutated.ts";
import { MUTANTS } from "./table.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const PREPARE_MS = 240_000;

let said: string[];

// All at once, for the time it takes; `node test/infra/mutants/main.ts` breaks them one by one.
beforeAll(async () => {
  await ensurePlatform(ROOT);
  const built = await buildGraph(VARIANT, mutated("all", MUTANTS));
  const graph = fleetIn(built, "Photos");
  said = [...brokenRules(graph), ...unexpected(graph)];
}, PREPARE_MS);

it.each(MUTANTS)("finds the mutation: $what", ({ fault }) => {
  expect(said).toEqual(expect.arrayContaining([expect.stringMatching(fault)]));
});
