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

const REASONS: readonly DeadLetterReason[] = [
  ...REJECTED_REASONS,
  ...FAILED_REASONS,
  CRASHED,
  DOCTOR_TEST,
];

/** Adds `dlq` and what is under it. */
export function addDlqCommands(root: Command, context: CommandContext): void {
  const dlq = root
    .command("dlq")
    .description("dead letters: see why, send them back, or put them away")
    .addHelpText("after", examplesText(EXAMPLES.dlq, context.invocation))
    .hook("preSubcommand", refuseUnknown);
  const sub = (name: keyof typeof EXAMPLES, description: string, isDefault = false) =>
    speakingToAFleet(
      dlq.command(name, { isDefault }).description(description),
      context,
      EXAMPLES[name],
    );
  const path = context.path;

  filtered(sub("summary", "how many, of which reason, where, when", true)).action(
    async (options) => {
      const { summary } = await import("./summary.ts");
      const asked = readOptions(options);
      context.onExit(await summary(asked, context.screen(asked.json)));
    },
  );

  filtered(sub("list", "one line a letter"))
    .addOption(
      new Option("--limit <number>", "how many at most, the latest; --json has all")
        .argParser(wholeNumber(1))
        .default(40),
    )
    .action(async (options) => {
      const { list } = await import("./list.ts");
      const asked = readOptions(options);
      const { limit } = v.parse(v.object({ limit: v.number() }), options);
      context.onExit(await list({ ...asked, limit }, context.screen(asked.json)));
    });

  leased(sub("show", "one dead letter whole, its source as it is now, what to do"))
    .addArgument(new Argument("<id>", "the id's first characters"))
    .action(async (id, options) => {
      const { show } = await import("./show.ts");
      const asked = readOptions(options);
      context.onExit(await show({ ...asked, id }, context.screen(asked.json)));
    });

  changing(filtered(sub("redrive", "send dead letters back to their lanes")))
    .addOption(
      new Option("--max-redrives <number>", "leave what was redriven so often")
        .argParser(wholeNumber(1))
        .default(3),
    )
    .addOption(new Option("--rate <number>", "dead letters a second").argParser(wholeNumber(1)))
    .action(async (options) => {
      const { redrive } = await import("./redrive.ts");
      const asked = readChange(options);
      const more = v.parse(
        v.object({ maxRedrives: v.number(), rate: v.optional(v.number()) }),
        options,
      );
      const { maxRedrives, rate } = more;
      context.onExit(await redrive({ ...asked, maxRedrives, rate }, context.screen(asked.json)));
    });

  changing(filtered(sub("discard", "delete dead letters, after an export of them")))
    .addOption(
      new Option("--export <file>", "where they are written first")
        .argParser((text) => {
          if (text !== "-") return path(text);
          throw new InvalidArgumentError(
            "Name a file: dead letters are deleted only after they are saved on a disk.",
          );
        })
        .default(
          path(
            `imagefleet-discarded-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}Z.ndjson`,
          ),
          "./imagefleet-discarded-TIME.ndjson",
        ),
    )
    .action(async (options) => {
      const { discard } = await import("./discard.ts");
      const asked = readChange(options);
      const { export: exportTo } = v.parse(v.object({ export: v.string() }), options);
      context.onExit(await discard({ ...asked, exportTo }, context.screen(asked.json)));
    });

  filtered(sub("export", "write dead letters as lines of JSON; they stay where they are"))
    .addArgument(
      new Argument("[file]", "a new file (none, or -: stdout)").argParser((text) =>
        text === "-" ? undefined : path(text),
      ),
    )
    .action(async (file, options) => {
      const { exportDeadLetters } = await import("./export.ts");
      const asked = readOptions(options);
      const screen = context.screen(true);
      context.onExit(await exportDeadLetters({ ...asked, file }, screen));
    });

  sub("import", "bring an export's dead letters back")
    .addArgument(new Argument("<file>", "what export or discard wrote").argParser(path))
    .addOption(
      new Option("--from-line <number>", "go on in the middle")
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

/** A word that is no command would be taken for an argument of the one that runs by default. */
function refuseUnknown(dlq: CommandUnknownOpts, called: CommandUnknownOpts): void {
  const [word] = dlq.args;
  if (word === undefined || word.startsWith("-") || word === called.name()) return;
  const known = dlq.commands.map((command) => command.name()).join(", ");
  dlq.error(`error: unknown command ${word}: dlq has ${known}`);
}

const FILTER_GROUP = "Which dead letters (all that is said must be met):";

/** Gives a command the filters of dead letters. */
function filtered(command: Command): Command {
  const options = [
    new Option("--reason <reason...>", "why it is here").argParser(reasons),
    new Option("--key <glob>", "the source's key; * within a folder, ** through folders"),
    new Option("--lane <lane>", "small or large").choices(LANES),
    new Option("--older-than <age>", "last tried before: 90m, 12h, 7d or a date").argParser(moment),
    new Option("--newer-than <age>", "last tried since").argParser(moment),
    new Option("--min-receives <number>", "received so often").argParser(wholeNumber(1)),
    new Option("--id <id...>", "the ids' first characters"),
  ];
  for (const option of options) command.addOption(option.helpGroup(FILTER_GROUP));
  return leased(command);
}

function leased(command: Command): Command {
  return command.addOption(
    new Option("--lease <seconds>", "dead letters are hidden so long should this be killed")
      .argParser(wholeNumber(5, 43_200))
      .default(60),
  );
}

function changing(command: Command): Command {
  return command.option("--yes", "do not ask").option("--dry-run", "only say what would be done");
}

/** The parser calls it once a value, with what it gave before. */
function reasons(text: string, before: readonly DeadLetterReason[] = []): DeadLetterReason[] {
  const meant = REASONS.find((reason) => reason.toLowerCase() === text.toLowerCase());
  if (meant !== undefined) return [...before, meant];
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

function readOptions(options: unknown): DlqOptions {
  const { reason, id, json, lease, ...rest } = v.parse(filterSchema, options);
  const filter: DeadLetterFilter = {
    ...rest,
    ...(reason && { reasons: reason }),
    ...(id && { ids: id }),
  };
  return { connection: readConnectionOptions(options), filter, json, leaseSeconds: lease };
}

function readChange(options: unknown): DlqChangeOptions {
  const { yes, dryRun } = v.parse(
    v.object({ yes: v.optional(v.boolean(), false), dryRun: v.optional(v.boolean(), false) }),
    options,
  );
  return { ...readOptions(options), yes, dryRun };
}
