import { expect, test } from "vitest";
import { wrap } from "./wrap.ts";

test("breaks a line between words, and only for a terminal", () => {
  const line = "  → the file is truncated or damaged: upload a complete copy";
  const broken = wrap(line, 40).split("\n");
  expect(broken.join("")).toBe(line);
  expect(broken.map((part) => part.trim())).toEqual([
    "→ the file is truncated or damaged:",
    "upload a complete copy",
  ]);
  expect(wrap(line, undefined)).toBe(line);
});
