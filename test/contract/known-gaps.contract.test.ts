import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { knownGaps } from "./known-gaps.ts";

test("every known gap names a promise of the suite", async () => {
  const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith(".test.ts"));
  const texts = await Promise.all(
    files.map((name) => readFile(`${import.meta.dirname}/${name}`, "utf8")),
  );
  const suite = texts.join("\n");
  const strays = Object.values(knownGaps)
    .flat()
    // The names of the promises about keys come from a table and a template.
    .filter((name) => !suite.includes(name.replace(/^a key (.*) is put, read.*$/, "$1")));
  expect(strays).toEqual([]);
});
