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
  imagefleet reprocess --dry-run        count and forecast only
  imagefleet reprocess s3://photos/2026/ --only-stale --wait
  imagefleet reprocess --from keys.txt --force --yes
  imagefleet audit --json | jq -c 'select(.kind=="stale") | {key}' |
    imagefleet reprocess --from - --format ndjson --yes
  imagefleet reprocess --resume         continue after Ctrl-C or a crash

reprocess keeps the queue short: it sends nothing while --max-depth messages
wait, so that uploads need not wait for a backfill. Only what SQS has
acknowledged is recorded as sent: a resumed run skips nothing, and sends at most
a few thousand jobs again. With --only-stale or --preset, --wait checks the
manifests again at the end; the exit code is 3 when some are still stale. A job
for a source that is up to date is cheap.
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
      .description("enqueue existing sources, after a new recipe or for a backfill"),
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
        "--resume uses the selection of the run that it continues: leave the prefix, --from and the filters out",
      );
    }
    if (from === undefined && (format ?? columns) !== undefined) {
      throw new UsageError(
        `--${format === undefined ? "columns" : "format"} applies only to a file of keys: add --from FILE, or leave it out`,
      );
    }
    // A dry run does not touch the checkpoint of a real run.
    const checkpoint = how.dryRun ? `${how.checkpoint}.dry-run` : how.checkpoint;
    const connection = readConnectionOptions(options);
    const recipeNamed = command.getOptionValueSource("recipe") === "cli" ? how.recipe : undefined;
    const all = { ...how, recipeNamed, checkpoint, selection, connection };
    context.onExit(await reprocess(all, context.screen(how.json)));
  });
}

function selectionOptions({ path }: CommandContext): Option[] {
  const moment = (value: string) => momentOf(value);
  return [
    new Option("--from <file>", "read keys from a file, also .gz, or - for stdin").argParser(
      (file) => (file === "-" ? file : path(file)),
    ),
    new Option("--format <format>", "format of --from (default: by its first line)").choices(
      KEY_FORMATS,
    ),
    new Option(
      "--columns <names>",
      `columns of an S3 Inventory: the fileSchema of its manifest (default: "${INVENTORY_COLUMNS}")`,
    ),
    new Option("--suffix <suffix...>", "only keys with one of these endings"),
    new Option(
      "--newer-than <age>",
      "only sources written since: 90m, 12h, 7d or a date",
    ).argParser(moment),
    new Option("--older-than <age>", "only sources written before").argParser(moment),
    new Option("--larger-than <bytes>", "only sources with more bytes: 500000, 20MB").argParser(
      bytesOf,
    ),
    new Option("--only-stale", "only sources that are not up to date; reads each manifest"),
    new Option("--preset <name>", "only sources without up-to-date renditions of this preset"),
  ];
}

function runOptions({ path, recipe }: CommandContext): Option[] {
  return [
    new Option("--force", "also render what is up to date"),
    new Option("--recipe <file>", "the module that exports the recipe")
      .argParser(path)
      .default(recipe, "recipe.ts of the project"),
    new Option("--max-depth <number>", "send only while fewer messages wait in a lane; 0: no limit")
      .argParser(maxDepthOf)
      .default("auto", "auto: as few as keep the fleet busy"),
    new Option("--wait", "wait until all jobs are done; report dead letters"),
    new Option("--dry-run", "only count and forecast").conflicts("resume"),
    new Option("--yes", "do not ask for confirmation"),
    new Option("--resume", "continue the run in --checkpoint").conflicts("fresh"),
    new Option("--fresh", "discard the run in --checkpoint"),
    new Option("--checkpoint <file>", "file that records the progress of a run")
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
  throw new InvalidArgumentError("Write a size such as 500000, 20MB or 20MiB.");
}
