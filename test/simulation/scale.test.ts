import { readFileSync } from "node:fs";
import { CONSTANTS } from "@imagefleet/simulation";
import { expect, it } from "vitest";

const docs = readFileSync(new URL("../../docs/scale.md", import.meta.url), "utf8");

it("docs/scale.md has each number of AWS that the model uses, with its source", () => {
  const [, section = ""] = docs.split("## Numbers of AWS\n");
  const rows = section.split("\n").filter((line) => /^\| [^|-]/.test(line));
  const wanted = Object.entries(CONSTANTS).map(
    ([name, { value, unit, basis, source, date }]) =>
      `| \`${name}\` | ${value} ${unit} | ${basis} | ${source} | ${date} |`,
  );
  expect(rows.slice(1)).toEqual(wanted);
});
