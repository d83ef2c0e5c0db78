#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from "@commander-js/extra-typings";

/** Wrong use, as everywhere in this project. */
const WRONG_USE = 2;

const stop = new AbortController();
process.once("SIGINT", () => {
  say("stopping; once more to stop at once");
  stop.abort(new Error("interrupted"));
});

const root = new Command("bench")
  .description("Measures this project beside what it is held against, in one run.")
  .showSuggestionAfterError()
  .exitOverride();

root
  .command("fleet")
  .description(
    "queue, handler and store beside core alone and the same S3 and SQS calls made bare: CPU an image",
  )
  .option("--images <n>", "photos through each side", count, 120)
  .option("--rounds <n>", "rounds that the photos are spread over, the sides in turn", count, 6)
  .option("--json", "one JSON object on stdout, everything else on stderr")
  .option("--save", "keep these figures as the baseline")
  .action(async ({ json = false, save = false, images, rounds }) => {
    const { fleetBench } = await import("./fleet/bench.ts");
    await fleetBench({ images, rounds, json, save, say, signal: stop.signal });
  });

try {
  await root.parseAsync();
} catch (error) {
  process.exitCode = tell(error);
}

function tell(error: unknown): number {
  // The parser has said its line, or the help, already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
  say(`error: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
}

function count(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 10_000) return number;
  throw new InvalidArgumentError("Write a whole number from 1 to 10000.");
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
