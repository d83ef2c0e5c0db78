import { type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { type CommandContext, fleetCommand, recipeOption } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import { maxDepthOption } from "../../feed/options.ts";
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

export function addReprocessCommand(root: Command, context: CommandContext): void {
  const { path } = context;
  const description = "enqueue existing sources, after a new recipe or for a backfill";
  const which = <const F extends string>(flags: F, about: string) =>
    new Option(flags, about).helpGroup("Which sources:");
  const how = <const F extends string>(flags: F, about: string) =>
    new Option(flags, about).helpGroup("How:");
  const moment = (value: string) => momentOf(value);
  const command = fleetCommand(root, context, {
    name: "reprocess",
    description,
    examples: EXAMPLES,
  })
    .argument("[prefix]", "s3://bucket/prefix, or a prefix of the source bucket")
    .addOption(
      which("--from <file>", "read keys from a file, also .gz, or - for stdin").argParser((file) =>
        file === "-" ? file : path(file),
      ),
    )
    .addOption(
      which("--format <format>", "format of --from (default: by its first line)").choices(
        KEY_FORMATS,
      ),
    )
    .addOption(
      which(
        "--columns <names>",
        `columns of an S3 Inventory: the fileSchema of its manifest (default: "${INVENTORY_COLUMNS}")`,
      ),
    )
    .addOption(which("--suffix <suffix...>", "only keys with one of these endings"))
    .addOption(
      which("--newer-than <age>", "only sources written since: 90m, 12h, 7d or a date").argParser(
        moment,
      ),
    )
    .addOption(which("--older-than <age>", "only sources written before").argParser(moment))
    .addOption(
      which("--larger-than <bytes>", "only sources with more bytes: 500000, 20MB").argParser(
        bytesOf,
      ),
    )
    .addOption(which("--only-stale", "only sources that are not up to date; reads each manifest"))
    .addOption(
      which("--preset <name>", "only sources without up-to-date renditions of this preset"),
    )
    .addOption(how("--force", "also render what is up to date"))
    .addOption(recipeOption(context).helpGroup("How:"))
    .addOption(maxDepthOption().helpGroup("How:"))
    .addOption(how("--wait", "wait until all jobs are done; report dead letters"))
    .addOption(how("--dry-run", "only count and forecast").conflicts("resume"))
    .addOption(how("--yes", "do not ask for confirmation"))
    .addOption(how("--resume", "continue the run in --checkpoint").conflicts("fresh"))
    .addOption(how("--fresh", "discard the run in --checkpoint"))
    .addOption(
      how("--checkpoint <file>", "file that records the progress of a run")
        .argParser(path)
        .default(path("imagefleet-reprocess.json"), "./imagefleet-reprocess.json"),
    );
  command.action(async (target, options) => {
    const { reprocess } = await import("./run.ts");
    const { suffix, onlyStale, force, from, format, columns, preset, ...rest } = options;
    const { newerThan, olderThan, largerThan, dryRun = false, checkpoint, ...given } = rest;
    const filters = { from, format, preset, newerThan, olderThan, largerThan, suffixes: suffix };
    const isSelected = [target, columns, ...Object.values(filters)].some(
      (each) => each !== undefined,
    );
    if (given.resume && (isSelected || onlyStale || force)) {
      throw new UsageError(
        "--resume uses the selection of the run that it continues: leave the prefix, --from and the filters out",
      );
    }
    if (from === undefined && (format ?? columns) !== undefined) {
      throw new UsageError(
        `--${format === undefined ? "columns" : "format"} applies only to a file of keys: add --from FILE, or leave it out`,
      );
    }
    const all = {
      ...given,
      dryRun,
      recipeNamed: command.getOptionValueSource("recipe") === "cli" ? given.recipe : undefined,
      // A dry run does not touch the checkpoint of a real run.
      checkpoint: dryRun ? `${checkpoint}.dry-run` : checkpoint,
      selection: {
        ...targetOf(target),
        ...filters,
        columns: columns ?? INVENTORY_COLUMNS,
        onlyStale: onlyStale ?? false,
        force: force ?? false,
      },
      connection: readConnectionOptions(options),
    };
    context.onExit(await reprocess(all, context.screen(given.json)));
  });
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
