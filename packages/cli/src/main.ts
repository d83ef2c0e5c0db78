#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { CommanderError } from "@commander-js/extra-typings";
import { RecipeFileError } from "@imagefleet/core/recipe-file";
import { type Env, readEnv } from "./env.ts";
import { EXIT } from "./exit-code.ts";
import { cannotWrite } from "./files/fs-error.ts";
import { program } from "./program.ts";
import { printableLines } from "./terminal/printable.ts";
import { wrap } from "./terminal/wrap.ts";
import { UsageError } from "./usage-error.ts";

// A reader that has seen enough (`| head`) is no fault, and no end: the work and its exit code stay.
// A disk that is full does not stop the work either, but what it did not take is told at the end.
let lost: Error | undefined;
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") lost ??= error;
});
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const env = readEnv();
let code = await main(env);
// A recipe may have left a timer behind; a pipe may not have taken all yet.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise((resolve) => stream.write("", resolve));
}
if (lost !== undefined) code = tell(new Error(cannotWrite("standard output", lost)), env);
process.exit(code);

async function main(env: Env): Promise<number> {
  let code: number = EXIT.done;
  try {
    const root = program(env, await version(), (ended) => {
      code = ended;
    });
    await root.parseAsync();
    return code;
  } catch (error) {
    return tell(error, env);
  }
}

/** One clear line; the stack only for who asks for it. */
function tell(error: unknown, { debug }: Env): number {
  // The parser has said its line, or the help, already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usageError;
  const text = printableLines(`error: ${describe(error)}`);
  process.stderr.write(`${wrap(text, process.stderr.columns)}\n`);
  const stack = debug && error instanceof Error ? error.stack : undefined;
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
    return `--port ${port}: port ${port} of 127.0.0.1 is in use, perhaps by another start: end that one, or choose another port and folder: --port ${Number(port) + 1} --data DIR`;
  }
  return error.message;
}

async function version(): Promise<string> {
  const manifest: unknown = JSON.parse(
    await readFile(new URL("../package.json", import.meta.url), "utf8"),
  );
  const named = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return named ? String(manifest.version) : "unknown";
}
