import { expect, test } from "vitest";
import { wrap } from "./wrap.ts";

test("a line is broken between words for a terminal, and only for one", () => {
  const line = "  → the file is cut short or damaged: upload it again, whole";
  const broken = wrap(line, 40).split("\n");
  expect(broken.join("")).toBe(line);
  expect(broken.map((part) => part.trim())).toEqual([
    "→ the file is cut short or damaged:",
    "upload it again, whole",
  ]);
  expect(wrap(line, undefined)).toBe(line);
});
