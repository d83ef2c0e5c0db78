import { readFileSync } from "node:fs";
import { CRASHED, DOCTOR_TEST, FAILED_REASONS, REJECTED_REASONS } from "@imagefleet/core/outcome";
import { expect, it } from "vitest";

it("docs/operations.md has advice for every reason and for no other", () => {
  const docs = readFileSync(new URL("../../../../../docs/operations.md", import.meta.url), "utf8");
  const rows = docs.split("| reason | what it is | what to do |")[1]?.split("\n\n")[0] ?? "";
  const firstCells = rows.split("\n").map((row) => row.split("|")[1] ?? "");
  const documented = firstCells.flatMap((cell) => cell.match(/(?<=`)\w+(?=`)/g) ?? []);
  expect(documented.sort()).toEqual(
    [...REJECTED_REASONS, ...FAILED_REASONS, CRASHED, DOCTOR_TEST].sort(),
  );
});
