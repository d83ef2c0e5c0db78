import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Node parses a recipe in some 40 ms; more is a machine that has no time for it. */
const CHECK_MS = 5_000;

/**
 * Where in its source a module failed to load, as lines for a person: `file:line:column`, the code's
 * line and a mark under it. Empty where the error does not tell.
 *
 * @param file the module that was loaded; what failed may be one that it imports
 */
export async function locationOf(error: unknown, file: string): Promise<string> {
  if (!(error instanceof Error)) return "";
  const stack = error.stack ?? "";
  const isSyntax = error.name === "SyntaxError";
  const place =
    byArrow(stack) ?? (isSyntax ? byArrow(await check(file)) : await byFrame(stack, file));
  if (place === undefined) return "";
  const { path, line, column, code } = place;
  const indent = code.length - code.trimStart().length;
  // Tabs stay tabs, so that the mark stands under its place.
  const margin = code.slice(indent, column - 1).replace(/[^\t]/g, " ");
  return `\n  at ${path}:${line}:${column}\n    ${code.trim()}\n    ${margin}^`;
}

interface Place {
  readonly path: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  readonly code: string;
}

/** `file:line`, lines of code and `^^^` under the last of them: so Node begins what it prints of a syntax error. */
const ARROW = /^(?<path>\S.*):(?<line>\d+)\n(?:.*\n)*?(?<code>.*)\n(?<space>\s*)\^+/;

function byArrow(text: string): Place | undefined {
  const { path, line, code, space } = ARROW.exec(text)?.groups ?? {};
  if (path === undefined || code === undefined || space === undefined) return undefined;
  return { path: pathOf(path), line: Number(line), column: space.length + 1, code };
}

/** V8 keeps where JavaScript cannot be parsed to itself: only what Node prints says it. */
async function check(file: string): Promise<string> {
  try {
    await promisify(execFile)(process.execPath, ["--check", file], { timeout: CHECK_MS });
    return "";
  } catch (error) {
    return error instanceof Error && "stderr" in error ? String(error.stderr) : "";
  }
}

/** The topmost call in the module itself. */
async function byFrame(stack: string, file: string): Promise<Place | undefined> {
  const frames = [...stack.matchAll(/(file:\/\/\/?[^\s()]+):(\d+):(\d+)/g)].map((match) => ({
    path: pathOf(match[1] ?? ""),
    line: Number(match[2]),
    column: Number(match[3]),
  }));
  const frame = frames.find(({ path }) => path === file);
  if (frame === undefined) return undefined;
  const lines = (await readFile(file, "utf8").catch(() => "")).split("\n");
  const code = lines[frame.line - 1];
  return code === undefined ? undefined : { ...frame, code };
}

function pathOf(place: string): string {
  return place.startsWith("file:") ? fileURLToPath(place) : place;
}
