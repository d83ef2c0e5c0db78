import { Argument, type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import * as v from "valibot";
import { type CommandContext, speakingToAFleet } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import { maxDepthOf, maxDepthSchema } from "../../feed/options.ts";
import { momentOf } from "../../terminal/duration.ts";
import { UsageError } from "../../usage-error.ts";
import { INVENTORY_COLUMNS, KEY_FORMATS } from "./key-line.ts";

const EXAMPLES = `
Examples:
  imagefleet reprocess --dry-run        how many, how long, what cost
  imagefleet reprocess s3://photos/2026/ --only-stale --wait
  imagefleet reprocess --from keys.txt --force --yes
  imagefleet audit --json | jq -c 'select(.kind=="stale") | {key}' |
    imagefleet reprocess --from - --format ndjson --yes
  imagefleet reprocess --resume         goes on after Ctrl-C or a crash

The queue is kept shallow: no more is fed while --max-depth messages wait, so
that an upload is never behind a backfill. What is recorded as sent, SQS has
acknowledged: a resumed run skips nothing, and sends at most a few thousand
again. With --only-stale or --preset, --wait looks at the end whether the fleet
has made them right; the exit code is 3 when it has not. A job of a source that
is up to date is cheap.
`;

const text = v.optional(v.string());
const number = v.optional(v.number());
const flag = v.optional(v.boolean(), false);
const schema = v.object({
  recipe: v.string(),
  from: text,
  format: v.optional(v.picklist(KEY_FORMATS)),
  columns: text,
  suffix: v.optional(v.array(v.string())),
  newerThan: number,
  olderThan: number,
  largerThan: number,
  onlyStale: flag,
  preset: text,
  force: flag,
  maxDepth: maxDepthSchema,
  checkpoint: v.string(),
  resume: flag,
  fresh: flag,
  wait: flag,
  yes: flag,
  dryRun: flag,
  json: flag,
});

export function addReprocessCommand(root: Command, context: CommandContext): void {
  const command = speakingToAFleet(
    root
      .command("reprocess")
      .description("enqueue sources that are there already: a new recipe, a backfill"),
    context,
    EXAMPLES,
  ).addArgument(new Argument("[prefix]", "s3://bucket/prefix, or a prefix of the source bucket"));
  for (const option of selectionOptions(context)) {
    command.addOption(option.helpGroup("Which sources:"));
  }
  for (const option of runOptions(context)) command.addOption(option.helpGroup("How:"));
  command.action(async (target, options) => {
    const { reprocess } = await import("./run.ts");
    const { suffix, onlyStale, force, from, format, columns, preset, ...rest } = v.parse(
      schema,
      options,
    );
    const { newerThan, olderThan, largerThan, ...how } = rest;
    const selection = {
      ...targetOf(target),
      from,
      format,
      preset,
      newerThan,
      olderThan,
      largerThan,
      suffixes: suffix,
      columns: columns ?? INVENTORY_COLUMNS,
      onlyStale,
      force,
    };
    const filters = [preset, newerThan, olderThan, largerThan, suffix];
    const isSelected = [target, from, format, columns, ...filters].some(
      (each) => each !== undefined,
    );
    if (how.resume && (isSelected || onlyStale || force)) {
      throw new UsageError(
        "--resume goes on with what was asked for then: leave the prefix, --from and the filters out",
      );
    }
    if (from === undefined && (format ?? columns) !== undefined) {
      throw new UsageError(
        `--${format === undefined ? "columns" : "format"} says how to read a file of keys, and none is named: add --from FILE, or leave it out`,
      );
    }
    // A dry run neither needs nor touches what a real one has recorded.
    const checkpoint = how.dryRun ? `${how.checkpoint}.dry-run` : how.checkpoint;
    const connection = readConnectionOptions(options);
    const recipeNamed = command.getOptionValueSource("recipe") === "cli" ? how.recipe : undefined;
    const asked = { ...how, recipeNamed, checkpoint, selection, connection };
    context.onExit(await reprocess(asked, context.screen(how.json)));
  });
}

function selectionOptions({ path }: CommandContext): Option[] {
  const moment = (value: string) => momentOf(value);
  return [
    new Option("--from <file>", "keys from a file, .gz too, or - for stdin").argParser((file) =>
      file === "-" ? file : path(file),
    ),
    new Option("--format <format>", "of --from; by its first line otherwise").choices(KEY_FORMATS),
    new Option(
      "--columns <names>",
      `of an S3 Inventory, as its manifest's fileSchema (default: "${INVENTORY_COLUMNS}")`,
    ),
    new Option("--suffix <suffix...>", "keys that end so"),
    new Option("--newer-than <age>", "written since: 90m, 12h, 7d or a date").argParser(moment),
    new Option("--older-than <age>", "written before").argParser(moment),
    new Option("--larger-than <bytes>", "of more bytes: 500000, 20MB").argParser(bytesOf),
    new Option("--only-stale", "not up to date by their manifest (read one by one)"),
    new Option("--preset <name>", "that lack this preset as the recipe has it now"),
  ];
}

function runOptions({ path, recipe }: CommandContext): Option[] {
  return [
    new Option("--force", "render even what is up to date"),
    new Option("--recipe <file>", "the recipe's module")
      .argParser(path)
      .default(recipe, "recipe.ts of the project"),
    new Option("--max-depth <number>", "feed while fewer wait in a lane; 0: as fast as SQS takes")
      .argParser(maxDepthOf)
      .default("auto", "auto: as few as keep the fleet busy"),
    new Option("--wait", "until the last is done; tells what died"),
    new Option("--dry-run", "only count and forecast").conflicts("resume"),
    new Option("--yes", "do not ask"),
    new Option("--resume", "go on with the run in --checkpoint").conflicts("fresh"),
    new Option("--fresh", "forget the run in --checkpoint"),
    new Option("--checkpoint <file>", "where a run records how far it is")
      .argParser(path)
      .default(path("imagefleet-reprocess.json"), "./imagefleet-reprocess.json"),
  ];
}

function targetOf(target: string | undefined): {
  bucket: string | undefined;
  prefix: string | undefined;
} {
  if (target === undefined) return { bucket: undefined, prefix: undefined };
  const [, bucket, prefix = ""] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(target) ?? [];
  return bucket === undefined ? { bucket: undefined, prefix: target } : { bucket, prefix };
}

const SCALES = { "": 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };

function bytesOf(value: string): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value) ?? [];
  const scale = Object.entries(SCALES).find(([name]) => name === unit.toLowerCase())?.[1];
  if (digits !== undefined && scale !== undefined) return Number(digits) * scale;
  throw new InvalidArgumentError("Write bytes such as 500000, 20MB or 20MiB.");
}
