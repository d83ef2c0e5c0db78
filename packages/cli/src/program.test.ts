import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { expect, test } from "vitest";
import { CONNECTION_GROUP } from "./connection/options.ts";
import { EXIT_CODES } from "./exit-code.ts";
import { program } from "./program.ts";

const env = {
  cwd: "/photos",
  cursor: false,
  invocation: "npm run imagefleet --",
  progressMs: 5_000,
};

/** The `--help` of a command and its subcommands on a terminal of 80 columns. */
function helps(command: CommandUnknownOpts): string[] {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => 80,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return [text, ...command.commands.flatMap(helps)];
}

test("every help fits on 80 columns, and shows how the program is called", () => {
  const all = helps(program(env, "0", () => undefined));
  expect(all.length).toBeGreaterThan(14);
  const tooWide = all.flatMap((text) => text.split("\n")).filter((line) => line.length > 80);
  expect(tooWide).toEqual([]);
  for (const text of all) {
    expect(text).not.toContain("\u001b");
    expect(text).toContain("\nExit codes:\n  0    success\n");
    for (const [, meaning] of EXIT_CODES) expect(text.replace(/\s+/g, " ")).toContain(meaning);
    if (/^ {2}imagefleet /m.test(text)) {
      expect(text).toContain('(imagefleet is "npm run imagefleet --" here):');
    }
    // The options of the command precede those of the target fleet.
    const [before = "", after = ""] = text.split(CONNECTION_GROUP);
    // The console prints nothing but its link.
    if (after !== "") expect(before).toMatch(/--json|--read-only/);
  }
});

test("help prints the help of the command that its words name", async () => {
  const run = async (...words: string[]) => {
    let text = "";
    const codes: number[] = [];
    const root = program(env, "0", (code) => codes.push(code));
    const writeOut = (part: string) => {
      text += part;
    };
    for (const each of [root, ...root.commands.flatMap((one) => [one, ...one.commands])])
      each.configureOutput({ writeOut, writeErr: writeOut });
    const error = await root.parseAsync(["", "", ...words]).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return { text, codes, error };
  };
  const { text, codes } = await run("help", "dlq", "discard");
  expect(text).toMatch(/^Usage: imagefleet dlq discard /);
  expect(codes).toEqual([0]);
  expect((await run("help")).text).toMatch(/^Usage: imagefleet \[options\] \[command\]/);
  const unknown = await run("help", "dlq", "nonsense");
  expect(unknown.error).toMatchObject({ exitCode: 1 });
  expect(unknown.text).toContain("error: unknown command dlq nonsense");
});

test("the help of start lists what --fresh deletes", () => {
  const [start = ""] = helps(program(env, "0", () => undefined)).filter((text) =>
    text.startsWith("Usage: imagefleet start "),
  );
  expect(start.replace(/\s+/g, " ")).toContain(
    "--fresh first delete the buckets, their objects, the queues and the access key in --data",
  );
});
