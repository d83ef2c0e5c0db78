import {
  Argument,
  type Command,
  type CommandUnknownOpts,
  InvalidArgumentError,
  Option,
} from "@commander-js/extra-typings";
import {
  CRASHED,
  type DeadLetterReason,
  DOCTOR_TEST,
  FAILED_REASONS,
  LANES,
  REJECTED_REASONS,
} from "@imagefleet/core/outcome";
import {
  type CommandContext,
  examplesText,
  fleetCommand,
  recipeOption,
} from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import type { DeadLetterFilter } from "../../dead-letters/filter.ts";
import { leaseOption } from "../../dead-letters/lease-option.ts";
import { messageName } from "../../dead-letters/message-name.ts";
import { momentOf, wholeNumber } from "../../terminal/duration.ts";
import { EXAMPLES } from "./examples.ts";

/** `dlq redrive 3f2c81aa` is short for `dlq redrive --id 3f2c81aa`. */
const ids = () => new Argument("[ids...]", "the first characters of ids, as with --id");

const REASONS: readonly DeadLetterReason[] = [
  ...REJECTED_REASONS,
  ...FAILED_REASONS,
  CRASHED,
  DOCTOR_TEST,
];

/** Adds `dlq` and its subcommands. */
export function addDlqCommands(root: Command, context: CommandContext): void {
  const { path, screen, onExit } = context;
  const dlq = root
    .command("dlq")
    .description("inspect, redrive, discard, export or import dead letters")
    .addHelpText("after", examplesText(EXAMPLES.dlq, context.invocation))
    .hook("preSubcommand", refuseUnknown);
  const sub = (name: keyof typeof EXAMPLES, description: string, isDefault = false) =>
    fleetCommand(dlq, context, { name, description, examples: EXAMPLES[name], isDefault });
  const leased = (...about: Parameters<typeof sub>) => sub(...about).addOption(leaseOption());
  const filtered = (...about: Parameters<typeof sub>) =>
    leased(...about)
      .addOption(filter("--reason <reason...>", "one or more reasons").argParser(reasons))
      .addOption(
        filter(
          "--message <text>",
          "a message, or its group in summary; all that are alike match",
        ).argParser(message),
      )
      .addOption(filter("--key <glob>", "the source's key; * within a folder, ** across folders"))
      .addOption(filter("--lane <lane>", "small or large").choices(LANES))
      .addOption(
        filter("--older-than <age>", "last attempted before: 90m, 12h, 7d or a date").argParser(
          moment,
        ),
      )
      .addOption(filter("--newer-than <age>", "last attempted since").argParser(moment))
      .addOption(
        filter("--min-receives <number>", "received at least this many times").argParser(
          wholeNumber(1),
        ),
      )
      .addOption(filter("--id <id...>", "the first characters of one or more ids"));
  const changing = (...about: Parameters<typeof sub>) =>
    filtered(...about)
      .option("--yes", "do not ask for confirmation")
      .option("--dry-run", "only report what would be done");

  filtered("summary", "count dead letters by reason, message, lane, folder and hour", true)
    .option("--letters <number>", "with --json, also list the newest", wholeNumber(0), 0)
    .action(async (options) => {
      const { summary } = await import("./summary.ts");
      onExit(await summary(readOptions(options), screen(options.json)));
    });

  filtered("list", "list dead letters, one per line")
    .addArgument(ids())
    .option("--limit <number>", "show only the latest; --json lists all", wholeNumber(1), 40)
    .action(async (named, options) => {
      const { list } = await import("./list.ts");
      onExit(await list(readOptions(options, named), screen(options.json)));
    });

  leased("show", "show one dead letter, its source and advice")
    .argument("<id>", "the first characters of its id")
    .action(async (id, options) => {
      const { show } = await import("./show.ts");
      onExit(await show({ ...readOptions(options), id }, screen(options.json)));
    });

  changing("redrive", "send dead letters to their lanes again")
    .addArgument(ids())
    .option(
      "--max-redrives <number>",
      "refuse dead letters redriven this many times",
      wholeNumber(1),
      3,
    )
    .option("--rate <number>", "dead letters per second", wholeNumber(1))
    .option("--wait", "wait until each source is rendered, removed or has failed again")
    .addOption(recipeOption(context))
    .action(async (named, options) => {
      const { redrive } = await import("./redrive.ts");
      onExit(await redrive(readOptions(options, named), screen(options.json)));
    });

  changing("discard", "export dead letters to a file, then delete them")
    .addArgument(ids())
    .addOption(
      new Option("--export <file>", "the file to export them to first")
        .argParser((text) => {
          if (text !== "-") return path(text);
          throw new InvalidArgumentError(
            "Name a file: dead letters are deleted only after they are saved to disk.",
          );
        })
        .default(
          path(
            `imagefleet-discarded-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}Z.ndjson`,
          ),
          "./imagefleet-discarded-TIME.ndjson",
        ),
    )
    .action(async (named, options) => {
      const { discard } = await import("./discard.ts");
      const all = { ...readOptions(options, named), exportTo: options.export };
      onExit(await discard(all, screen(options.json)));
    });

  filtered("export", "write dead letters as lines of JSON, without deleting them")
    .addArgument(
      new Argument("[file]", "a new file (default, or -: stdout)").argParser((text) =>
        text === "-" ? undefined : path(text),
      ),
    )
    .addArgument(ids())
    .action(async (file, named, options) => {
      const { exportDeadLetters } = await import("./export.ts");
      onExit(await exportDeadLetters({ ...readOptions(options, named), file }, screen(true)));
    });

  sub("import", "put the dead letters of an export back into their DLQs")
    .addArgument(new Argument("<file>", "a file written by export or discard").argParser(path))
    .option(
      "--from-line <number>",
      "the line to start from, to continue an import",
      wholeNumber(1),
      1,
    )
    .action(async (file, options) => {
      const { importDeadLetters } = await import("./import.ts");
      const all = { ...options, connection: readConnectionOptions(options), file };
      onExit(await importDeadLetters(all, screen(options.json)));
    });
}

/** Without this, the parser would take an unknown command for an argument of the default one. */
function refuseUnknown(dlq: CommandUnknownOpts, subcommand: CommandUnknownOpts): void {
  const [word] = dlq.args;
  if (word === undefined || word.startsWith("-") || word === subcommand.name()) return;
  const known = dlq.commands.map((command) => command.name()).join(", ");
  dlq.error(`error: unknown command ${word}. The dlq commands are ${known}`);
}

function filter<const F extends string>(flags: F, description: string) {
  const group = "Filter (a dead letter must match all of these options):";
  return new Option(flags, description).helpGroup(group);
}

/** The parser calls this for each value, with the previous result. */
function reasons(text: string, previous: readonly DeadLetterReason[] = []): DeadLetterReason[] {
  const reason = REASONS.find((each) => each.toLowerCase() === text.toLowerCase());
  if (reason !== undefined) return [...previous, reason];
  throw new InvalidArgumentError(`The reasons are ${REASONS.join(", ")}.`);
}

const moment = (text: string) => momentOf(text);

function message(text: string): string {
  if (text.trim() !== "") return messageName(text);
  throw new InvalidArgumentError("Give the message of a dead letter, or a name from dlq summary.");
}

type Filtering = Omit<DeadLetterFilter, "ids" | "reasons"> & {
  readonly reason?: readonly DeadLetterReason[] | undefined;
  readonly id?: readonly string[] | undefined;
  readonly lease: number;
};

/** @param named the ids among the arguments */
function readOptions<O extends Filtering>(options: O, named: readonly string[] = []) {
  const { key, lane, message, olderThan, newerThan, minReceives, reason, id = [], lease } = options;
  const given = [...named, ...id];
  const selected: DeadLetterFilter = {
    ...{ key, lane, message, olderThan, newerThan, minReceives, reasons: reason },
    ids: given.length > 0 ? given : undefined,
  };
  const connection = readConnectionOptions(options);
  return { ...options, connection, filter: selected, leaseSeconds: lease };
}
