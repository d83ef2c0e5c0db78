import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Invocation } from "./command.ts";
import { commandEnv } from "./env.ts";
import type { RunState } from "./run-state.ts";

/** How the command line is started, and which fleet it addresses. */
export interface CommandLine {
  /** The program and its first arguments: `["node", "main.ts"]`. */
  readonly program: readonly [string, ...string[]];
  /** The connection options: `["--profile=mine"]`. */
  readonly connection: readonly string[];
  /** The module of the recipe, unless it is the default. */
  readonly recipe: string | undefined;
  /** How a person calls the program: `npm run imagefleet --`. */
  readonly invocation: string;
  readonly cwd: string;
}

/** The lines of stderr and stdout that a run keeps for the page. */
const KEPT_LINES = 40;
const KEPT_OUTPUT = 500;
/** The runs that are remembered, beside those that are in progress. */
const KEPT_RUNS = 30;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts a command with `--json`. */
export function start(line: CommandLine, invocation: Invocation): Child {
  const [program, ...first] = line.program;
  const all = [...first, ...wordsOf(line, invocation, "--json")];
  const child = spawn(program, all, {
    cwd: line.cwd,
    env: commandEnv(),
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A command that ends before it has read everything is not an error of the console.
  child.stdin.on("error", () => {}).end(invocation.stdin ?? "");
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8");
  return child;
}

/** The command as a person types it: without `--json`, with the connection options. */
export function commandText(line: CommandLine, invocation: Invocation): string {
  const { stdin } = invocation;
  const command = [line.invocation, ...wordsOf(line, invocation).map(shellWord)].join(" ");
  return stdin === undefined ? command : `printf '%s' ${shellWord(stdin)} | ${command}`;
}

function wordsOf(line: CommandLine, invocation: Invocation, ...more: string[]): string[] {
  const { args, operands = [], hasRecipe = false } = invocation;
  const recipe = hasRecipe && line.recipe !== undefined ? [`--recipe=${line.recipe}`] : [];
  const before = operands.some((each) => each.startsWith("-")) ? ["--"] : [];
  return [...args, ...more, ...recipe, ...line.connection, ...before, ...operands];
}

/** A word for a POSIX shell. Control characters are written as escapes, which `$'…'` reads. */
function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  const isPlain = !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text);
  if (isPlain) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text.replace(/[\\'\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    /[\\']/.test(character)
      ? `\\${character}`
      : [...Buffer.from(character)]
          .map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`)
          .join(""),
  );
  return `$'${escaped}'`;
}

/** The commands that change something or take long: each runs to its end, whether a page looks or not. */
export class Runs {
  readonly #line: CommandLine;
  readonly #runs = new Map<number, Run>();
  readonly #onChange: (state: RunState) => void;
  #last = 0;

  /** @param onChange gets the state of a run after each change of it */
  constructor(line: CommandLine, onChange: (state: RunState) => void) {
    this.#line = line;
    this.#onChange = onChange;
  }

  begin(name: string, invocation: Invocation): RunState {
    this.#last += 1;
    const run = new Run(this.#last, name, this.#line, invocation, this.#onChange);
    this.#runs.set(run.id, run);
    const ended = [...this.#runs.values()].filter(({ isOver }) => isOver);
    for (const { id } of ended.slice(0, -KEPT_RUNS)) this.#runs.delete(id);
    return run.state;
  }

  /** Asks a run to stop, as Ctrl-C does. @returns false when there is no such run in progress */
  stop(id: number): boolean {
    return this.#runs.get(id)?.stop() ?? false;
  }

  get states(): readonly RunState[] {
    return [...this.#runs.values()].map(({ state }) => state);
  }

  /** The file that a discard has exported to. */
  exported(id: number): string | undefined {
    const state = this.#runs.get(id)?.state;
    if (state?.name !== "dlq discard") return undefined;
    const [result] = state.output;
    const file = typeof result === "object" && result && "export" in result && result.export;
    return typeof file === "string" ? file : undefined;
  }

  /** Stops what runs, and waits for its end. */
  async close(): Promise<void> {
    await Promise.all([...this.#runs.values()].map((run) => run.close()));
  }
}

class Run {
  readonly id: number;
  readonly #name: string;
  readonly #text: string;
  readonly #startedAt = new Date().toISOString();
  readonly #child: Child;
  readonly #lines: string[] = [];
  readonly #output: unknown[] = [];
  readonly #ended = Promise.withResolvers<void>();
  #printed = 0;
  #isStopping = false;
  #end: { at: string; code: number | null } | undefined;

  constructor(
    id: number,
    name: string,
    line: CommandLine,
    invocation: Invocation,
    onChange: (state: RunState) => void,
  ) {
    this.id = id;
    this.#name = name;
    this.#text = commandText(line, invocation);
    this.#child = start(line, invocation);
    createInterface({ input: this.#child.stderr }).on("line", (text) => {
      this.#lines.push(text);
      if (this.#lines.length > KEPT_LINES) this.#lines.shift();
      onChange(this.state);
    });
    createInterface({ input: this.#child.stdout }).on("line", (text) => {
      this.#printed += 1;
      this.#output.push(parsed(text));
      // The last line is the result of a command that prints many.
      if (this.#output.length > KEPT_OUTPUT) this.#output.shift();
    });
    this.#child.on("error", ({ message }) => {
      this.#lines.push(`the command could not be started: ${message}`);
      this.#over(null, onChange);
    });
    this.#child.on("close", (code) => this.#over(code, onChange));
  }

  #over(code: number | null, onChange: (state: RunState) => void): void {
    if (this.#end !== undefined) return;
    this.#end = { at: new Date().toISOString(), code };
    this.#ended.resolve();
    onChange(this.state);
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  stop(): boolean {
    if (this.isOver) return false;
    this.#isStopping = true;
    return this.#child.kill("SIGINT");
  }

  async close(): Promise<void> {
    this.stop();
    await this.#ended.promise;
  }

  get state(): RunState {
    return {
      id: this.id,
      name: this.#name,
      text: this.#text,
      startedAt: this.#startedAt,
      endedAt: this.#end?.at ?? null,
      code: this.#end?.code ?? null,
      state: this.#end ? "done" : this.#isStopping ? "stopping" : "running",
      lines: [...this.#lines],
      output: this.#end ? [...this.#output] : [],
      printed: this.#printed,
    };
  }
}

/** A line of JSON; text that is none stays text. */
export function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
