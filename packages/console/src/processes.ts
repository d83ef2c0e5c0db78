import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Invocation } from "./command.ts";
import { commandEnv } from "./env.ts";

/** How the command line is started, and which fleet it addresses. */
export interface CommandLine {
  /** A module that loads the command line, and runs it with the arguments that it gets as a message. */
  readonly module: string;
  /** The connection options: `["--profile=mine"]`. */
  readonly connection: readonly string[];
  /** The module of the recipe, unless it is the default. */
  readonly recipe: string | undefined;
  /** How a person calls the program: `npm run imagefleet --`. */
  readonly invocation: string;
  readonly cwd: string;
}

/** A process of a command. */
export interface Child {
  readonly process: ChildProcess;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Asks it to end, as Ctrl-C does. */
  interrupt(): boolean;
}

interface Spare extends Child {
  readonly stdin: Writable;
}

/**
 * Starts commands, each in a process of its own. One process waits for the next command with the program
 * loaded, because loading it takes most of the time of a short command.
 */
export class Processes implements Disposable {
  readonly line: CommandLine;
  #spare: Spare | undefined;
  #isClosed = false;

  constructor(line: CommandLine) {
    this.line = line;
  }

  /** Loads the program for the next command. */
  prepare(): void {
    if (this.#isClosed || this.#spare !== undefined) return;
    const spare = spawned(this.line);
    this.#spare = spare;
    // One that ends while it waits must not get a command.
    for (const event of ["error", "exit"]) {
      spare.process.on(event, () => {
        if (this.#spare === spare) this.#spare = undefined;
      });
    }
  }

  /** Starts a command with `--json`. */
  start(invocation: Invocation): Child {
    this.prepare();
    const child = this.#spare ?? spawned(this.line);
    this.#spare = undefined;
    child.process.send(wordsOf(this.line, invocation, "--json"));
    child.stdin.end(invocation.stdin ?? "");
    this.prepare();
    return child;
  }

  /** The command as a person types it: without `--json`, with the connection options. */
  textOf(invocation: Invocation): string {
    const { line } = this;
    const { stdin } = invocation;
    const command = [line.invocation, ...wordsOf(line, invocation).map(shellWord)].join(" ");
    return stdin === undefined ? command : `printf '%s' ${shellWord(stdin)} | ${command}`;
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#spare?.process.kill("SIGKILL");
  }
}

function spawned({ module, cwd }: CommandLine): Spare {
  const child = spawn(process.execPath, [module], {
    cwd,
    env: commandEnv(),
    stdio: ["pipe", "pipe", "pipe", "ipc"],
  });
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error("a command's process has no pipes");
  // A command that ends before it has read everything is not an error of the console.
  stdin.on("error", () => {});
  for (const stream of [stdout, stderr]) stream.setEncoding("utf8");
  return { process: child, stdin, stdout, stderr, interrupt: () => child.kill("SIGINT") };
}

function wordsOf(line: CommandLine, invocation: Invocation, ...more: string[]): string[] {
  const { args, operands = [], hasRecipe = false } = invocation;
  const recipe = hasRecipe && line.recipe !== undefined ? [`--recipe=${line.recipe}`] : [];
  const before = operands.some((each) => each.startsWith("-")) ? ["--"] : [];
  return [...args, ...more, ...recipe, ...line.connection, ...before, ...operands];
}

/** Characters that a terminal acts on. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** A word for a POSIX shell; one with control characters is for bash and zsh, which read `$'…'`. */
function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (!UNSEEN.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = Array.from(text, (character) => {
    if (/[\\']/.test(character)) return `\\${character}`;
    if (!UNSEEN.test(character)) return character;
    const bytes = [...Buffer.from(character)].map((byte) => byte.toString(16).padStart(2, "0"));
    return bytes.map((byte) => `\\x${byte}`).join("");
  });
  return `$'${escaped.join("")}'`;
}
