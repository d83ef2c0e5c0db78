#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { CommanderError } from "@commander-js/extra-typings";
import { RecipeFileError } from "@imagefleet/core/recipe-file";
import { isDebugging, readEnv } from "./env.ts";
import { EXIT } from "./exit-code.ts";
import { cannotWrite } from "./files/fs-error.ts";
import { program } from "./program.ts";
import { printableLines } from "./terminal/printable.ts";
import { wrap } from "./terminal/wrap.ts";
import { UsageError } from "./usage-error.ts";

// A closed pipe (`| head`) is not an error and does not end the work. Neither does a full disk, but it is
// reported at the end.
let stdoutError: Error | undefined;
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") stdoutError ??= error;
});
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

let code = await main();
// process.exit() is needed because a recipe may have left a timer; pipes must be flushed first.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise((resolve) => stream.write("", resolve));
}
if (stdoutError !== undefined)
  code = reportError(new Error(cannotWrite("standard output", stdoutError)));
process.exit(code);

async function main(): Promise<number> {
  let code: number = EXIT.done;
  try {
    const root = program(readEnv(), await version(), (ended) => {
      code = ended;
    });
    await root.parseAsync();
    return code;
  } catch (error) {
    return reportError(error);
  }
}

/** Prints an error in one line, and its stack with IMAGEFLEET_DEBUG. @returns the exit code */
function reportError(error: unknown): number {
  // The parser has already printed its error or the help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usageError;
  const text = printableLines(`error: ${describe(error)}`);
  process.stderr.write(`${wrap(text, process.stderr.columns)}\n`);
  const stack = isDebugging() && error instanceof Error ? error.stack : undefined;
  if (stack !== undefined) process.stderr.write(`${printableLines(stack)}\n`);
  return isUsageError(error) ? EXIT.usageError : EXIT.failed;
}

function isUsageError(error: unknown): boolean {
  if (error instanceof UsageError || error instanceof RecipeFileError) return true;
  return error instanceof Error && error.name === "PortTaken";
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "PortTaken" && "port" in error) {
    const { port } = error;
    return `--port: port ${port} of 127.0.0.1 is in use, perhaps by another start. Stop that one, or use another port and folder, as in --port ${Number(port) + 2} --data DIR`;
  }
  return error.message;
}

async function version(): Promise<string> {
  const manifest: unknown = JSON.parse(
    await readFile(new URL("../package.json", import.meta.url), "utf8"),
  );
  const hasVersion = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return hasVersion ? String(manifest.version) : "unknown";
}
