import { readFileSync } from "node:fs";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { describe, expect, it } from "vitest";
import { RESOURCES } from "./connection/names.ts";
import { EXIT, EXIT_CODES } from "./exit-code.ts";
import { IMAGE_EXTENSIONS } from "./files/input/extensions.ts";
import { program } from "./program.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const docs = read("docs/cli.md");
const readme = read("README.md");

const env = {
  cwd: "/photos",
  cursor: false,
  invocation: "npm run imagefleet --",
  progressMs: 5_000,
};
const root = program(env, "0", () => undefined);
const names = root.commands.map((command) => command.name());
const all = commandsOf(root);

/** All commands, with their full names: `dlq redrive`. */
function commandsOf(command: CommandUnknownOpts, path: readonly string[] = []) {
  const flags = command.options.flatMap(({ long }) => long ?? []);
  const below = command.commands.flatMap((each): { path: string; flags: string[] }[] =>
    commandsOf(each, [...path, each.name()]),
  );
  return [{ path: path.join(" "), flags }, ...below];
}

/** The cells of the rows under this table header. */
function rowsUnder(title: string): string[][] {
  const [, rest = ""] = docs.split(`${title}\n`);
  const [, ...rows] = (rest.split("\n\n")[0] ?? "").split("\n");
  return rows.map((row) => row.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));
}

function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

const firstWord = (text: string) => text.split(" ")[0] ?? "";

describe("docs/cli.md", () => {
  it("has a row for each command and for no other", () => {
    const rows = rowsUnder("| command | what it is for |");
    const named = rows.map(([command = ""]) => firstWord(codeIn(command)[0] ?? ""));
    expect(named.sort()).toEqual([...names].sort());
    const dlq = rows.find(([command]) => command === "`dlq`")?.[1] ?? "";
    expect(codeIn(dlq).map((name) => `dlq ${name}`)).toEqual(
      all.map(({ path }) => path).filter((path) => path.startsWith("dlq ")),
    );
  });

  it("lists the commands that connect to a fleet", () => {
    const [sentence = ""] = /^.* speak to a fleet, /m.exec(docs) ?? [];
    const connecting = all.filter(({ flags }) => flags.includes("--endpoint"));
    const commands = new Set(connecting.map(({ path }) => firstWord(path)));
    expect(codeIn(sentence).sort()).toEqual([...commands].sort());
  });

  it("has the flag and the variable of each resource", () => {
    const rows = rowsUnder("| resource | flag | variable |");
    expect(rows.map(([, flag = "", variable = ""]) => codeIn(`${flag} ${variable}`))).toEqual(
      Object.values(RESOURCES).map(({ flag, variable }) => [flag, variable]),
    );
  });

  it("describes the JSON of each command that prints some", () => {
    const documented = rowsUnder("| command | on stdout |").map(([cell = ""]) => codeIn(cell)[0]);
    const titled = ["start", "render"].filter((name) => docs.includes(`\n## \`${name} --json\`\n`));
    const printing = all.filter(({ flags }) => flags.includes("--json"));
    expect([...documented, ...titled].sort()).toEqual(printing.map(({ path }) => path).sort());
  });

  it("lists the same exit codes as the code and --help, with the same texts", () => {
    expect(EXIT_CODES.map(([code]) => code)).toEqual(Object.values(EXIT));
    const rows = rowsUnder("| code | meaning |");
    expect(rows.map((row) => row.map((cell) => cell.replaceAll("`", "")))).toEqual(
      EXIT_CODES.map(([code, meaning]) => [String(code), meaning]),
    );
  });

  it("lists the file name extensions of images", () => {
    expect(docs).toContain(`\`${IMAGE_EXTENSIONS.map((each) => `.${each}`).join(" ")}\``);
  });
});

it("README lists each command", () => {
  const [, row = ""] = /^\| `packages\/cli` \| `imagefleet`: (.*) \|$/m.exec(readme) ?? [];
  expect(row.split(", ").sort()).toEqual([...names].sort());
});

/** Options of npm, in the shell function, of curl, and of AWS's CLI. */
const FOREIGN = "--prefix --help --aws-sigv4 --endpoint-url --distribution-id --paths".split(" ");

it("docs/cli.md mentions only existing options", () => {
  const flags = new Set([...all.flatMap((command) => command.flags), ...FOREIGN]);
  const unknown = docs.match(/--[a-z][a-z\d-]+/g)?.filter((flag) => !flags.has(flag));
  expect(unknown).toEqual([]);
});

it.each(["README.md", "docs/deploy.md", "docs/operations.md", "docs/recovery.md"])(
  "%s calls commands only with options that they have",
  (path) => {
    const calls = [...read(path).matchAll(/imagefleet (?:-- )?((?:[a-z]+ )+)(--[^`|#)\n]*)/g)];
    expect(calls.length).toBeGreaterThan(0);
    const unknown = calls.flatMap(([invocation, words = "", rest = ""]) => {
      const command = all.findLast((each) => words.startsWith(`${each.path} `));
      const flags = rest.match(/--[a-z][a-z-]+/g) ?? [];
      return flags
        .filter((flag) => !command?.flags.includes(flag))
        .map((flag) => `${invocation}: ${flag}`);
    });
    expect(unknown).toEqual([]);
  },
);
