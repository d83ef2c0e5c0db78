import { expect, it } from "vitest";
import { foundAfter, SEEDS } from "./play.ts";
import { RULES } from "./rules.ts";

it("finds a removal without a tombstone within 5,000 histories, from one of the ten seeds", async () => {
  const rule = RULES.find((each) => each.rule === "a removal leaves a tombstone");
  const seed = SEEDS[Date.now() % SEEDS.length] ?? 1;
  expect(rule).toBeDefined();
  expect(rule && (await foundAfter(rule, 5_000, seed)), `from seed ${seed}`).toBeTypeOf("number");
}, 180_000);
