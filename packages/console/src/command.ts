import {
  CRASHED,
  DOCTOR_TEST,
  FAILED_REASONS,
  LANES,
  REJECTED_REASONS,
} from "@imagefleet/core/outcome";
import * as v from "valibot";

/** The longest key of S3, bytes, and more than any message of ours has. */
const MAX_TEXT = 8192;

/** A value of an option. One that begins with a hyphen cannot become an option: see {@link option}. */
const text = v.pipe(v.string(), v.nonEmpty("must not be empty"), v.maxLength(MAX_TEXT));
const flag = v.optional(v.boolean(), false);
/** The page may send any text: the answer says what is wrong with it. */
const reason = v.pipe(
  v.string(),
  v.picklist([...REJECTED_REASONS, ...FAILED_REASONS, CRASHED, DOCTOR_TEST]),
);
const whole = v.pipe(v.number(), v.integer(), v.minValue(1));

/** Which dead letters: the filter options of `dlq`. */
const filter = {
  reasons: v.optional(v.array(reason), []),
  message: v.exactOptional(text),
  key: v.exactOptional(text),
  lane: v.exactOptional(v.pipe(v.string(), v.picklist(LANES))),
  newerThan: v.exactOptional(v.pipe(v.string(), v.isoTimestamp())),
  olderThan: v.exactOptional(v.pipe(v.string(), v.isoTimestamp())),
  ids: v.optional(v.array(v.pipe(v.string(), v.regex(/^[\w-]{8,64}$/))), []),
};
const filterSchema = v.object(filter);
type Filter = v.InferOutput<typeof filterSchema>;

const preset = v.exactOptional(v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/)));

/** The commands that the page may ask for, with the options that it may set. */
export const commandSchema = v.variant("name", [
  v.object({ name: v.literal("dlq summary"), ...filter, letters: v.optional(whole, 100) }),
  v.object({
    name: v.literal("dlq redrive"),
    ...filter,
    dryRun: flag,
    maxRedrives: v.exactOptional(whole),
    rate: v.exactOptional(whole),
  }),
  v.object({ name: v.literal("dlq discard"), ...filter, dryRun: flag }),
  v.object({ name: v.literal("dlq export"), ...filter }),
  // The file is that of a discard of this console: the page names the run, and never a path.
  v.object({ name: v.literal("dlq import"), discard: v.pipe(v.number(), v.integer()) }),
  v.object({ name: v.literal("picture"), key: text, logs: flag }),
  v.object({ name: v.literal("fleet") }),
  v.object({
    name: v.literal("compare"),
    targets: v.array(text),
    /** `hero.webp.quality=60` */
    set: v.optional(v.array(v.pipe(v.string(), v.regex(/^[\w.-]+=[\w.]+$/))), []),
  }),
  v.object({ name: v.literal("doctor"), stage: v.pipe(v.string(), v.regex(/^[a-zA-Z0-9-]+$/)) }),
  v.object({
    name: v.literal("reprocess"),
    prefix: v.exactOptional(text),
    /** One source, instead of a prefix. */
    only: v.exactOptional(text),
    preset,
    onlyStale: flag,
    force: flag,
    dryRun: flag,
    resume: flag,
  }),
  v.object({ name: v.literal("audit"), repair: flag }),
  v.object({
    name: v.literal("warm"),
    prefix: v.exactOptional(text),
    preset,
    after: v.exactOptional(text),
  }),
  v.object({ name: v.literal("purge"), target: text, dryRun: flag }),
]);
export type Command = v.InferOutput<typeof commandSchema>;
/** What the page sends: options with a default may be left out. */
export type CommandInput = v.InferInput<typeof commandSchema>;

/** A command as a process gets it. */
export interface Invocation {
  /** The words of its name and its options. */
  readonly args: readonly string[];
  /** What follows the options: keys and files, which may begin with a hyphen. */
  readonly operands?: readonly string[];
  /** What is written to its standard input. */
  readonly stdin?: string;
  /** The command reads the recipe, and has an option for its module. */
  readonly hasRecipe?: true;
}

/** Whether a command changes something: such commands are refused with `--read-only`. */
export function isChange(command: Command): boolean {
  switch (command.name) {
    case "dlq summary":
    case "dlq export":
    case "picture":
    case "fleet":
    case "compare":
      return false;
    case "doctor":
    case "dlq import":
    case "warm":
      return true;
    case "audit":
      return command.repair;
    default:
      return !command.dryRun;
  }
}

const hasRecipe = true;

/** The files that commands name: the page cannot. */
interface Files {
  /** What a discard exported, by the number of its run. */
  exported(run: number): string | undefined;
  /** The checkpoint for one source: that of a run over many may wait to be resumed. */
  checkpoint(key: string): string;
}

/**
 * The arguments of a command, for a person's terminal and for the process alike. Connection options and
 * `--json` are not part of them.
 *
 * @throws CommandError for an import of something else than a discard
 */
export function invocationOf(command: Command, files: Files): Invocation {
  switch (command.name) {
    case "dlq summary":
      return {
        args: ["dlq", "summary", ...filterArgs(command), option("letters", command.letters)],
      };
    case "dlq redrive": {
      const { maxRedrives, rate, dryRun } = command;
      const how = [
        ...(maxRedrives === undefined ? [] : [option("max-redrives", maxRedrives)]),
        ...(rate === undefined ? [] : [option("rate", rate)]),
        ...(dryRun ? ["--dry-run"] : ["--wait", "--yes"]),
      ];
      return { args: ["dlq", "redrive", ...filterArgs(command), ...how] };
    }
    case "dlq discard": {
      const how = command.dryRun ? "--dry-run" : "--yes";
      return { args: ["dlq", "discard", ...filterArgs(command), how] };
    }
    case "dlq export":
      return { args: ["dlq", "export", ...filterArgs(command)] };
    case "dlq import": {
      const file = files.exported(command.discard);
      if (file === undefined) {
        throw new CommandError(
          `discard is ${command.discard}, which is no discard of this console`,
        );
      }
      return { args: ["dlq", "import"], operands: [file] };
    }
    case "picture":
      return {
        args: ["picture", ...(command.logs ? ["--logs"] : [])],
        operands: [command.key],
        hasRecipe,
      };
    case "fleet":
      return { args: ["fleet"], hasRecipe };
    case "compare":
      return {
        args: ["compare", ...command.set.map((each) => option("set", each))],
        operands: command.targets,
        hasRecipe,
      };
    case "doctor":
      return { args: ["doctor", option("stage", command.stage)] };
    case "reprocess":
      return reprocessOf(command, files);
    case "audit":
      return { args: ["audit", ...(command.repair ? ["--repair", "--yes"] : [])], hasRecipe };
    case "warm": {
      const { prefix, after } = command;
      const from = after === undefined ? [] : [option("after", after)];
      return { args: ["warm", ...presetArgs(command), ...from], ...operand(prefix), hasRecipe };
    }
    case "purge":
      return {
        args: ["purge", ...(command.dryRun ? ["--dry-run"] : [])],
        operands: [command.target],
        hasRecipe,
      };
  }
}

type Reprocess = Extract<Command, { name: "reprocess" }>;

function reprocessOf(command: Reprocess, files: Files): Invocation {
  const { only, prefix, onlyStale, force, dryRun, resume } = command;
  const how = [
    ...(onlyStale ? ["--only-stale"] : []),
    ...presetArgs(command),
    ...(force ? ["--force"] : []),
    ...(dryRun ? ["--dry-run"] : ["--wait", "--yes"]),
  ];
  if (resume) return { args: ["reprocess", "--resume", "--wait", "--yes"], hasRecipe };
  if (only === undefined) return { args: ["reprocess", ...how], ...operand(prefix), hasRecipe };
  return {
    args: [
      "reprocess",
      "--from=-",
      "--format=ndjson",
      option("checkpoint", files.checkpoint(only)),
      ...how,
    ],
    hasRecipe,
    stdin: `${JSON.stringify({ key: only })}\n`,
  };
}

function presetArgs({ preset: name }: { readonly preset?: string }): string[] {
  return name === undefined ? [] : [option("preset", name)];
}

function filterArgs({ reasons, message, key, lane, newerThan, olderThan, ids }: Filter): string[] {
  return [
    ...reasons.map((each) => option("reason", each)),
    ...(message === undefined ? [] : [option("message", message)]),
    ...(key === undefined ? [] : [option("key", key)]),
    ...(lane === undefined ? [] : [option("lane", lane)]),
    ...(newerThan === undefined ? [] : [option("newer-than", newerThan)]),
    ...(olderThan === undefined ? [] : [option("older-than", olderThan)]),
    ...ids.map((id) => option("id", id)),
  ];
}

/** In one word, because a value that begins with a hyphen would be an option of its own. */
function option(name: string, value: string | number): string {
  return `--${name}=${value}`;
}

function operand(one: string | undefined): Pick<Invocation, "operands"> {
  return one === undefined ? {} : { operands: [one] };
}

/** A command that the page may not run; the message says why. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
