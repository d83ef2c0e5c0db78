import { resolve } from "node:path";
import {
  Command,
  type CommandUnknownOpts,
  InvalidArgumentError,
  Option,
} from "@commander-js/extra-typings";
import { examplesText } from "./command-context.ts";
import { commandLine } from "./command-line.ts";
import { addAuditCommand } from "./commands/audit/commands.ts";
import { addCompletionCommand } from "./commands/completion/commands.ts";
import { addDlqCommands } from "./commands/dlq/commands.ts";
import { addDoctorCommand } from "./commands/doctor/commands.ts";
import { addEstimateCommand } from "./commands/estimate/commands.ts";
import { addPreflightCommand } from "./commands/preflight/commands.ts";
import { addReprocessCommand } from "./commands/reprocess/commands.ts";
import { addEnvCommand } from "./commands/shell-env/commands.ts";
import { addStatusCommand } from "./commands/status/commands.ts";
import { CONNECTION_GROUP } from "./connection/options.ts";
import type { Env } from "./env.ts";
import { EXIT_CODES_HELP } from "./exit-code.ts";
import { PROJECT, RECIPE } from "./project.ts";
import { printableLines } from "./terminal/printable.ts";
import { Screen } from "./terminal/screen.ts";

const FOLDERS = `
In a folder, what is hidden or not named like an image is passed over, and links
are followed; a file that is itself named is taken.
`;

const START_EXAMPLES = `
Examples:
  npm start                                    sample pictures, the whole fleet
  npm start -- ~/Pictures/holiday              a folder of yours; stays up
  npm start -- --once --json --out out photos  for scripts: JSON, then the end

What it does: starts S3 and SQS on 127.0.0.1, the event source that calls the
Lambda function's own handler in batches of ten, and the Fargate worker's own
program; uploads the images; shows progress, a table of what became of each, and
what lies among the dead letters. All data stays in --data. An --out folder
within a named folder is passed over as a source; it may not be the named
folder.
${FOLDERS}
--json: sources, outcomes, lanes, renditions, bytesIn, bytesOut, seconds,
deadLetters, results, notUploaded ([{file, message}]) and unfinished (a number):
docs/cli.md has all of it.
`;

const RENDER_EXAMPLES = `
Examples:
  imagefleet render photo.jpg                          into ./renditions
  imagefleet render photos --recipe my.ts --out out    a folder, another recipe
  imagefleet render photos --json | jq .renditions     one JSON line a file
${FOLDERS}`;

/**
 * The command line: what can be asked for, in words. Parsing runs the command.
 *
 * @param onExit gets the exit code of the command that was run
 */
export function program(env: Env, version: string, onExit: (code: number) => void): Command {
  const { invocation, cursor } = env;
  let ran: CommandUnknownOpts | undefined;
  const command = (text: string) => commandLine(invocation, text, ran);
  const { stdout, stderr } = process;
  const screen = (json: boolean) =>
    new Screen({ stdout, stderr, json, cursor, invocation, command });
  const path = (text: string) => resolve(env.cwd, text);

  const recipe = new Option("--recipe <file>", "the recipe's module")
    .argParser(path)
    .default(RECIPE, "recipe.ts of the project");

  const root = new Command("imagefleet")
    .description("Turns uploaded images into renditions: S3 events, SQS, Lambda and Fargate.")
    .version(version)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(printableLines(text)) })
    .configureHelp({ groupItems: fleetLast })
    .hook("preAction", (_root, called) => {
      ran = called;
    })
    .addHelpText("after", EXIT_CODES_HELP);

  root
    .command("start")
    .description("run the whole fleet on this machine and put a folder of images through it")
    .argument("[paths...]", "folders of images, or image files (none: sample pictures)")
    .option("--once", "end when everything is done")
    .option("--json", "print one JSON object at the end on stdout, all else on stderr")
    .option("--out <dir>", "copy renditions and manifests into a folder", path)
    .addOption(recipe)
    .option("--port <number>", "the port of S3 and SQS; 0: any that is free", port, 4566)
    .addOption(
      new Option("--data <dir>", "where buckets and queues are kept")
        .argParser(path)
        .default(resolve(PROJECT, ".imagefleet"), ".imagefleet of the project"),
    )
    .option(
      "--fresh",
      "first delete the buckets, their objects, the queues and the access key in --data",
    )
    .addOption(
      new Option(
        "--cors-origin <url>",
        "a web page's origin that may read S3's answers; repeatable",
      )
        .argParser(origins)
        .default([], "none"),
    )
    .addHelpText("after", START_EXAMPLES + EXIT_CODES_HELP)
    .action(
      async (paths, { once = false, json = false, fresh = false, out, corsOrigin, ...options }) => {
        const { start } = await import("./commands/start/run.ts");
        const own = { paths, cwd: env.cwd, once, json, fresh, corsOrigins: corsOrigin };
        const asked = { ...own, ...options };
        onExit(await start(out === undefined ? asked : { ...asked, out }, screen(json)));
      },
    );

  root
    .command("render")
    .description("run the recipe on files, without queues or stores")
    .argument("<paths...>", "image files, or folders of images")
    .option("--json", "print one JSON line a file on stdout, all else on stderr")
    .addOption(
      new Option("--out <dir>", "the folder to write renditions into")
        .argParser(path)
        .default(resolve(env.cwd, "renditions"), "./renditions"),
    )
    .addOption(recipe)
    .addHelpText("after", examplesText(RENDER_EXAMPLES, invocation) + EXIT_CODES_HELP)
    .action(async (paths, { json = false, ...options }) => {
      const { renderFiles } = await import("./commands/render/run.ts");
      onExit(await renderFiles({ paths, cwd: env.cwd, json, ...options }, screen(json)));
    });

  const context = {
    screen,
    path,
    cwd: env.cwd,
    invocation,
    data: resolve(PROJECT, ".imagefleet"),
    recipe: RECIPE,
    onExit,
  };
  addEstimateCommand(root, context);
  addStatusCommand(root, context);
  addEnvCommand(root, context);
  addAuditCommand(root, context);
  addReprocessCommand(root, context);
  addDlqCommands(root, context);
  addPreflightCommand(root, context);
  addDoctorCommand(root, context);
  addCompletionCommand(root, context);

  return root;
}

/** What a command does comes before where: the groups as they come, but for the fleet's. */
function fleetLast<T extends Command | Option>(
  all: T[],
  visible: T[],
  groupOf: (item: T) => string,
): Map<string, T[]> {
  const names = new Set([...all, ...visible].map(groupOf));
  if (names.delete(CONNECTION_GROUP)) names.add(CONNECTION_GROUP);
  const groups = [...names].map(
    (name) => [name, visible.filter((item) => groupOf(item) === name)] as const,
  );
  return new Map(groups.filter(([, items]) => items.length > 0));
}

function origins(text: string, before: readonly string[]): readonly string[] {
  const url = URL.parse(text);
  if (url?.origin === text && /^https?:$/.test(url.protocol)) return [...before, text];
  throw new InvalidArgumentError(
    "Write the origin of a page, without a path: http://localhost:5173.",
  );
}

function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError("Write a whole number from 0 to 65535.");
}
