import { createInterface } from "node:readline";
import type { Invocation } from "./command.ts";
import type { Child, Processes } from "./processes.ts";
import type { RunState } from "./run-state.ts";

/** The lines of stderr and stdout that a run keeps for the page. */
const KEPT_LINES = 40;
const KEPT_OUTPUT = 500;
/** The runs that are remembered, beside those that are in progress. */
const KEPT_RUNS = 30;

/** The commands that change something or take long: each runs to its end, whether a page looks or not. */
export class Runs {
  readonly #processes: Processes;
  readonly #runs = new Map<number, Run>();
  readonly #onChange: (state: RunState) => void;
  #last = 0;

  /** @param onChange gets the state of a run after each change of it */
  constructor(processes: Processes, onChange: (state: RunState) => void) {
    this.#processes = processes;
    this.#onChange = onChange;
  }

  begin(name: string, invocation: Invocation): RunState {
    this.#last += 1;
    const run = new Run(this.#last, name, this.#processes, invocation, this.#onChange);
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
    processes: Processes,
    invocation: Invocation,
    onChange: (state: RunState) => void,
  ) {
    this.id = id;
    this.#name = name;
    this.#text = processes.textOf(invocation);
    this.#child = processes.start(invocation);
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
    this.#child.process.on("error", ({ message }) => {
      this.#lines.push(`the command could not be started: ${message}`);
      this.#over(null, onChange);
    });
    // As a shell reports it: before its handler is there, Ctrl-C ends a command at once.
    this.#child.process.on("close", (code, signal) =>
      this.#over(signal === "SIGINT" ? 130 : code, onChange),
    );
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
    return this.#child.interrupt();
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

/** A line of JSON as its value; any other text unchanged. */
export function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
