import { resolve } from "node:path";
import { Command, type CommandUnknownOpts, type Option } from "@commander-js/extra-typings";
import type { CommandContext } from "./command-context.ts";
import { commandLine } from "./command-line.ts";
import { addAuditCommand } from "./commands/audit/commands.ts";
import { addCatalogCommands } from "./commands/catalog/commands.ts";
import { addCompareCommand } from "./commands/compare/commands.ts";
import { addCompletionCommand } from "./commands/completion/commands.ts";
import { addConsoleCommand } from "./commands/console/commands.ts";
import { addDlqCommands } from "./commands/dlq/commands.ts";
import { addDoctorCommand } from "./commands/doctor/commands.ts";
import { addEstimateCommand } from "./commands/estimate/commands.ts";
import { addFleetCommand } from "./commands/fleet/commands.ts";
import { addPictureCommand } from "./commands/picture/commands.ts";
import { addPreflightCommand } from "./commands/preflight/commands.ts";
import { addPurgeCommand } from "./commands/purge/commands.ts";
import { addRenderCommand } from "./commands/render/commands.ts";
import { addReprocessCommand } from "./commands/reprocess/commands.ts";
import { addEnvCommand } from "./commands/shell-env/commands.ts";
import { addSimulateCommand } from "./commands/simulate/commands.ts";
import { addStartCommand } from "./commands/start/commands.ts";
import { addStatusCommand } from "./commands/status/commands.ts";
import { addTuneCommand } from "./commands/tune/commands.ts";
import { addWarmCommand } from "./commands/warm/commands.ts";
import { CONNECTION_GROUP } from "./connection/options.ts";
import type { Env } from "./env.ts";
import { EXIT, EXIT_CODES_HELP } from "./exit-code.ts";
import { PROJECT, RECIPE } from "./project.ts";
import { printableLines } from "./terminal/printable.ts";
import { Screen } from "./terminal/screen.ts";

/**
 * Builds the command line. Its `parseAsync` runs a command.
 *
 * @param onExit gets the exit code of the command
 */
export function program(env: Env, version: string, onExit: (code: number) => void): Command {
  const { invocation, cursor, cwd, progressMs } = env;
  let ran: CommandUnknownOpts | undefined;
  const command = (text: string) => commandLine(invocation, text, ran);
  const { stdout, stderr } = process;
  const context: CommandContext = {
    screen: (json = false) =>
      new Screen({ stdout, stderr, json, cursor, invocation, command, progressMs }),
    path: (text) => resolve(cwd, text),
    cwd,
    invocation,
    data: resolve(PROJECT, ".imagefleet"),
    recipe: RECIPE,
    onExit,
  };

  const root = new Command("imagefleet")
    .description("Turns uploaded images into renditions: S3 events, SQS, Lambda and Fargate.")
    .version(version)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(printableLines(text)) })
    .configureHelp({ groupItems: connectionOptionsLast })
    .hook("preAction", (_root, subcommand) => {
      ran = subcommand;
    })
    .addHelpText("afterAll", EXIT_CODES_HELP);

  addStartCommand(root, context);
  addRenderCommand(root, context);
  addEstimateCommand(root, context);
  addTuneCommand(root, context);
  addCompareCommand(root, context);
  addSimulateCommand(root, context);
  addStatusCommand(root, context);
  addConsoleCommand(root, context);
  addEnvCommand(root, context);
  addFleetCommand(root, context);
  addPictureCommand(root, context);
  addAuditCommand(root, context);
  addReprocessCommand(root, context);
  addDlqCommands(root, context);
  addCatalogCommands(root, context);
  addPurgeCommand(root, context);
  addWarmCommand(root, context);
  addPreflightCommand(root, context);
  addDoctorCommand(root, context);
  addHelpCommand(root, context);
  addCompletionCommand(root, context);

  return root;
}

/** Commander's own help command takes one name only: `help dlq` for `help dlq discard`. */
function addHelpCommand(root: Command, { onExit }: CommandContext): void {
  root
    .command("help")
    .description("print the help of a command: help dlq redrive")
    .argument("[command...]", "its name")
    .action((names) => {
      let command: CommandUnknownOpts = root;
      for (const name of names) {
        const found = command.commands.find((each) => each.name() === name);
        if (found === undefined) return root.error(`error: unknown command ${names.join(" ")}`);
        command = found;
      }
      command.outputHelp();
      onExit(EXIT.done);
    });
}

/** Groups options in their order, but moves the connection options to the end. */
function connectionOptionsLast<T extends Command | Option>(
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
