import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { expect, test } from "vitest";
import { CONNECTION_GROUP } from "./connection/options.ts";
import { program } from "./program.ts";

const env = { debug: false, cwd: "/photos", cursor: false, invocation: "npm run imagefleet --" };

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
    if (/^ {2}imagefleet /m.test(text)) {
      expect(text).toContain('(imagefleet is "npm run imagefleet --" here):');
    }
    // The options of the command precede those of the target fleet.
    const [before = "", after = ""] = text.split(CONNECTION_GROUP);
    if (after !== "") expect(before).toContain("--json");
  }
});

test("the help of start lists what --fresh deletes", () => {
  const [start = ""] = helps(program(env, "0", () => undefined)).filter((text) =>
    text.startsWith("Usage: imagefleet start "),
  );
  expect(start.replace(/\s+/g, " ")).toContain(
    "--fresh first delete the buckets, their objects, the queues and the access key in --data",
  );
});
