import { expect, test } from "vitest";
import { besideText, foundText } from "./found-text.ts";
import { nothingSkipped } from "./walk.ts";

const nothing = nothingSkipped();
const sources = ["a.jpg", "b.jpg"];

test("skipped files are counted and named", () => {
  expect(foundText({ sources: ["a.jpg"], skipped: nothing, outside: [] })).toBe("1 image");
  const skipped = { ...nothing, others: ["a\n.txt"], hidden: [".a", ".b", ".c", ".d"] };
  expect(foundText({ sources, skipped, outside: [] })).toBe(
    "2 images; skipped 1 file not named like an image (a\ufffd.txt) and 4 hidden (.a, .b, .c, …)",
  );
  const all = {
    others: [],
    hidden: [".a"],
    specials: ["pipe", "socket"],
    out: ["renditions"],
    outputs: ["small"],
  };
  expect(foundText({ sources, skipped: all, outside: [] })).toBe(
    "2 images; skipped 1 hidden (.a), 2 pipes, sockets and devices (pipe, socket), the --out folder within (renditions) and 1 folder of renditions (small)",
  );
});

test("links out of the folder are counted and named", () => {
  const skipped = { ...nothing, others: ["notes.txt"] };
  expect(foundText({ sources, skipped, outside: ["linked"] })).toBe(
    "2 images; skipped 1 file not named like an image (notes.txt); followed 1 link out of the folder (linked)",
  );
  expect(besideText({ skipped: nothing, outside: ["a", "b", "c", "d"] })).toBe(
    "followed 4 links out of the folder (a, b, c, …)",
  );
});

test("the text is empty when nothing was skipped", () => {
  expect(besideText({ skipped: nothing, outside: [] })).toBe("");
});
