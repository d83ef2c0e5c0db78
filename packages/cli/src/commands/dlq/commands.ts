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
import * as v from "valibot";
import { type CommandContext, examplesText, speakingToAFleet } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import type { DeadLetterFilter } from "../../dead-letters/filter.ts";
import { momentOf, wholeNumber } from "../../terminal/duration.ts";
import { EXAMPLES } from "./examples.ts";
import type { DlqChangeOptions, DlqOptions } from "./options.ts";

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
  const dlq = root
    .command("dlq")
    .description("inspect, redrive, discard, export or import dead letters")
    .addHelpText("after", examplesText(EXAMPLES.dlq, context.invocation))
    .hook("preSubcommand", refuseUnknown);
  const sub = (name: keyof typeof EXAMPLES, description: string, isDefault = false) =>
    speakingToAFleet(
      dlq.command(name, { isDefault }).description(description),
      context,
      EXAMPLES[name],
    );
  const path = context.path;

  filtered(sub("summary", "count dead letters by reason, lane, folder and hour", true)).action(
    async (options) => {
      const { summary } = await import("./summary.ts");
      const given = readOptions(options);
      context.onExit(await summary(given, context.screen(given.json)));
    },
  );

  filtered(sub("list", "list dead letters, one per line"))
    .addArgument(ids())
    .addOption(
      new Option("--limit <number>", "show only the latest; --json lists all")
        .argParser(wholeNumber(1))
        .default(40),
    )
    .action(async (named, options) => {
      const { list } = await import("./list.ts");
      const given = readOptions(options, named);
      const { limit } = v.parse(v.object({ limit: v.number() }), options);
      context.onExit(await list({ ...given, limit }, context.screen(given.json)));
    });

  leased(sub("show", "show one dead letter, its source and advice"))
    .addArgument(new Argument("<id>", "the first characters of its id"))
    .action(async (id, options) => {
      const { show } = await import("./show.ts");
      const given = readOptions(options);
      context.onExit(await show({ ...given, id }, context.screen(given.json)));
    });

  changing(filtered(sub("redrive", "send dead letters to their lanes again")))
    .addArgument(ids())
    .addOption(
      new Option("--max-redrives <number>", "refuse dead letters redriven this many times")
        .argParser(wholeNumber(1))
        .default(3),
    )
    .addOption(new Option("--rate <number>", "dead letters per second").argParser(wholeNumber(1)))
    .action(async (named, options) => {
      const { redrive } = await import("./redrive.ts");
      const given = readChange(options, named);
      const more = v.parse(
        v.object({ maxRedrives: v.number(), rate: v.optional(v.number()) }),
        options,
      );
      const { maxRedrives, rate } = more;
      context.onExit(await redrive({ ...given, maxRedrives, rate }, context.screen(given.json)));
    });

  changing(filtered(sub("discard", "export dead letters to a file, then delete them")))
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
      const given = readChange(options, named);
      const { export: exportTo } = v.parse(v.object({ export: v.string() }), options);
      context.onExit(await discard({ ...given, exportTo }, context.screen(given.json)));
    });

  filtered(sub("export", "write dead letters as lines of JSON, without deleting them"))
    .addArgument(
      new Argument("[file]", "a new file (default, or -: stdout)").argParser((text) =>
        text === "-" ? undefined : path(text),
      ),
    )
    .addArgument(ids())
    .action(async (file, named, options) => {
      const { exportDeadLetters } = await import("./export.ts");
      const given = readOptions(options, named);
      const screen = context.screen(true);
      context.onExit(await exportDeadLetters({ ...given, file }, screen));
    });

  sub("import", "put the dead letters of an export back into their queues")
    .addArgument(new Argument("<file>", "a file written by export or discard").argParser(path))
    .addOption(
      new Option("--from-line <number>", "the line to start from, to continue an import")
        .argParser(wholeNumber(1))
        .default(1),
    )
    .action(async (file, options) => {
      const { importDeadLetters } = await import("./import.ts");
      const connection = readConnectionOptions(options);
      const parsed = v.parse(
        v.object({ fromLine: v.number(), json: v.optional(v.boolean(), false) }),
        options,
      );
      context.onExit(
        await importDeadLetters({ connection, file, ...parsed }, context.screen(parsed.json)),
      );
    });
}

/** Without this, the parser would take an unknown command for an argument of the default one. */
function refuseUnknown(dlq: CommandUnknownOpts, subcommand: CommandUnknownOpts): void {
  const [word] = dlq.args;
  if (word === undefined || word.startsWith("-") || word === subcommand.name()) return;
  const known = dlq.commands.map((command) => command.name()).join(", ");
  dlq.error(`error: unknown command ${word}. The dlq commands are ${known}`);
}

const FILTER_GROUP = "Filter (a dead letter must match all of these options):";

/** Adds the filter options to a command. */
function filtered(command: Command): Command {
  const options = [
    new Option("--reason <reason...>", "one or more reasons").argParser(reasons),
    new Option("--key <glob>", "the source's key; * within a folder, ** across folders"),
    new Option("--lane <lane>", "small or large").choices(LANES),
    new Option("--older-than <age>", "last attempted before: 90m, 12h, 7d or a date").argParser(
      moment,
    ),
    new Option("--newer-than <age>", "last attempted since").argParser(moment),
    new Option("--min-receives <number>", "received at least this many times").argParser(
      wholeNumber(1),
    ),
    new Option("--id <id...>", "the first characters of one or more ids"),
  ];
  for (const option of options) command.addOption(option.helpGroup(FILTER_GROUP));
  return leased(command);
}

function leased(command: Command): Command {
  return command.addOption(
    new Option("--lease <seconds>", "how long a killed command hides what it read")
      .argParser(wholeNumber(5, 43_200))
      .default(60),
  );
}

function changing(command: Command): Command {
  return command
    .option("--yes", "do not ask for confirmation")
    .option("--dry-run", "only report what would be done");
}

/** The parser calls this for each value, with the previous result. */
function reasons(text: string, previous: readonly DeadLetterReason[] = []): DeadLetterReason[] {
  const reason = REASONS.find((each) => each.toLowerCase() === text.toLowerCase());
  if (reason !== undefined) return [...previous, reason];
  throw new InvalidArgumentError(`The reasons are ${REASONS.join(", ")}.`);
}

const moment = (text: string) => momentOf(text);

const filterSchema = v.object({
  reason: v.optional(v.array(v.picklist(REASONS))),
  key: v.optional(v.string()),
  lane: v.optional(v.picklist(LANES)),
  olderThan: v.optional(v.number()),
  newerThan: v.optional(v.number()),
  minReceives: v.optional(v.number()),
  id: v.optional(v.array(v.string())),
  json: v.optional(v.boolean(), false),
  lease: v.number(),
});

/** @param named the ids among the arguments */
function readOptions(options: unknown, named: readonly string[] = []): DlqOptions {
  const { reason, id = [], json, lease, ...rest } = v.parse(filterSchema, options);
  const all = [...named, ...id];
  const filter: DeadLetterFilter = {
    ...rest,
    ...(reason && { reasons: reason }),
    ...(all.length > 0 && { ids: all }),
  };
  return { connection: readConnectionOptions(options), filter, json, leaseSeconds: lease };
}

function readChange(options: unknown, named: readonly string[]): DlqChangeOptions {
  const { yes, dryRun } = v.parse(
    v.object({ yes: v.optional(v.boolean(), false), dryRun: v.optional(v.boolean(), false) }),
    options,
  );
  return { ...readOptions(options, named), yes, dryRun };
}
