#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from "@commander-js/extra-typings";
import { DEFAULTS } from "./options.ts";
import type { Progress } from "./run.ts";
import { view } from "./view.ts";

const EXIT = { met: 0, notMet: 1, usageError: 2, interrupted: 130 } as const;
const TERMINAL_MS = 200;
const PIPE_MS = 15_000;

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    say("stopping; once more to stop at once");
    stop.abort(new Error("interrupted"));
  });
}

const program = new Command("chaos")
  .description(
    "Puts uploads, overwrites, deletes and requests of viewers through the whole fleet on this machine while calls fail, messages come twice and processes are killed; then checks every answer, and every object that is stored.",
  )
  .option("--jobs <n>", "uploads, overwrites and deletes", whole, DEFAULTS.jobs)
  .option("--requests <n>", "of viewers, in the course of the jobs", whole, DEFAULTS.requests)
  .option("--seed <n>", "the same sources and faults again", whole, DEFAULTS.seed)
  .option("--minutes <n>", "uploads no more after this", positive, DEFAULTS.minutes)
  .option("--errors <share>", "of calls: 500, 503 and 429", share, DEFAULTS.errors)
  .option("--resets <share>", "of calls: resets, bodies cut short", share, DEFAULTS.resets)
  .option(
    "--lost-answers <share>",
    "of calls: done, but the answer is lost",
    share,
    DEFAULTS.lostAnswers,
  )
  .option("--delays <share>", "of calls: up to 3 s late", share, DEFAULTS.delays)
  .option("--duplicates <share>", "of messages: come twice", share, DEFAULTS.duplicates)
  .option(
    "--much-later <seconds>",
    "the latest that a second copy comes",
    whole,
    DEFAULTS.muchLater,
  )
  .option("--kills <seconds>", "between two kill -9, on average; 0: none", positive, DEFAULTS.kills)
  .option(
    "--deliver-kills <share>",
    "of renditions made on request: kill -9 between the put and the last look",
    share,
    DEFAULTS.deliverKills,
  )
  .option(
    "--catalog-kills <share>",
    "of notifications: kill -9 between the publish and the write of the item",
    share,
    DEFAULTS.catalogKills,
  )
  .option("--pauses <seconds>", "between two workers' pauses; 0: none", positive, DEFAULTS.pauses)
  .option("--workers <n>", "worker processes", whole, DEFAULTS.workers)
  .option("--json", "one JSON object on stdout, all else on stderr")
  .addHelpText(
    "after",
    "\nExit codes: 0 nothing lost, stale, outdated, untold or left behind; 1 something was, or messages were left; 2 wrong use; 130 interrupted.\ndocs/chaos.md describes what is done and what is checked.",
  )
  .showSuggestionAfterError()
  .exitOverride()
  .action(async ({ json = false, ...options }) => {
    const { errors, resets, lostAnswers, delays } = options;
    if (errors + resets + lostAnswers + delays > 1) {
      program.error(
        "error: --errors, --resets, --lost-answers and --delays are shares of the same calls: together 1 at most",
      );
    }
    // The fleet is loaded only for a run, so that --help is fast.
    const { chaos } = await import("./run.ts");
    const report = await chaos(options, stop.signal, teller());
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : view(report));
    process.exitCode = report.met ? EXIT.met : EXIT.notMet;
  });

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = tell(error);
}
// Long runs with many kills can end with open sockets, and a pipe may not have been flushed yet.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise((resolve) => stream.write("", resolve));
}
process.exit();

function tell(error: unknown): number {
  // The parser has already printed its message or the help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.met : EXIT.usageError;
  if (stop.signal.aborted) return EXIT.interrupted;
  say(`error: ${error instanceof Error ? error.message : String(error)}`);
  return EXIT.notMet;
}

/** A line that is overwritten on a terminal, and printed at intervals elsewhere. */
function teller(): (progress: Progress) => void {
  const { isTTY } = process.stderr;
  const startedAt = performance.now();
  let toldAt = Number.NEGATIVE_INFINITY;
  let doing: Progress["doing"] | undefined;
  return (progress) => {
    const now = performance.now();
    const isNew = progress.doing !== doing;
    if (!isNew && now - toldAt < (isTTY ? TERMINAL_MS : PIPE_MS)) return;
    const seconds = Math.round((now - startedAt) / 1000);
    const line = `${seconds} s, ${progress.doing}: ${progress.jobs} jobs, ${progress.answers} answers, ${progress.waiting} messages wait, ${progress.kills} killed`;
    process.stderr.write(isTTY ? `\r\u001b[2K${line}${isNew && doing ? "\n" : ""}` : `${line}\n`);
    toldAt = now;
    doing = progress.doing;
  };
}

function whole(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 1_000_000) return number;
  throw new InvalidArgumentError("Write a whole number from 1 to 1000000.");
}

function positive(text: string): number {
  const number = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && number <= 1_000) return number;
  throw new InvalidArgumentError("Write a number from 0 to 1000.");
}

function share(text: string): number {
  const number = Number(text);
  if (/^\d*\.?\d+$/.test(text) && number <= 1) return number;
  throw new InvalidArgumentError("Write a share from 0 to 1, such as 0.05.");
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
