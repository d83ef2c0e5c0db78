import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { RULES } from "./rules.ts";

it.each(RULES)("finds the text of the rule once: $rule", async ({ file, from, to }) => {
  const text = await readFile(new URL(`../../../${file}`, import.meta.url), "utf8");
  expect(text.split(from)).toHaveLength(2);
  expect(text.replace(from, () => to)).not.toBe(text);
});
