import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const GLOSSARY = "docs/glossary.md";
/** Texts that are not ours, and the changes that a release describes. */
const NOT_CHECKED = /lock\.(json|yaml)$|^LICENSE$|\/registry\.json$|^CHANGELOG\.md$/;

/** The first column of the glossary's last table. */
function retiredWords(): string[] {
  const text = readFileSync(join(ROOT, GLOSSARY), "utf8");
  const [, table = ""] = text.split("| not | but |\n|---|---|\n");
  return table
    .split("\n")
    .flatMap((line) => /^\| ([a-z ,]+) \|/.exec(line)?.[1]?.split(", ") ?? []);
}

it("finds no word that the glossary retires", () => {
  const words = retiredWords();
  expect(words.length).toBeGreaterThan(20);
  const pattern = `\\b(${words.join("|")})s?\\b`;
  const files = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" })
    .split("\0")
    .filter((file) => file !== "" && file !== GLOSSARY && !NOT_CHECKED.test(file));
  const found = files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file));
    // A zero byte: no text.
    if (text.includes(0)) return [];
    const lines = text.toString().split("\n");
    return lines.flatMap((line, at) => {
      // An address is its owner's.
      const [word] = new RegExp(pattern, "i").exec(line.replaceAll(/https?:\/\/\S+/g, "")) ?? [];
      return word === undefined ? [] : `${file}:${at + 1}: "${word}"`;
    });
  });
  expect(found).toEqual([]);
});
