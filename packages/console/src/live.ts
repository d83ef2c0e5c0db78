import { createInterface } from "node:readline";
import type { Processes } from "./processes.ts";
import type { RunState } from "./run-state.ts";
import { parsed } from "./runs.ts";

/** An event of the page's stream. */
export type LiveEvent =
  | { readonly event: "status"; readonly data: unknown }
  | { readonly event: "history"; readonly data: readonly unknown[] }
  | { readonly event: "run"; readonly data: RunState }
  | { readonly event: "runs"; readonly data: readonly RunState[] }
  | { readonly event: "lost"; readonly data: { readonly error: string } };

type Listener = (event: LiveEvent) => void;

/** The samples for charts: half an hour at one every 5 s. */
const HISTORY = 360;

/** How long `status` goes on without a page, because a reload of the page must not start it again; ms. */
const LINGER_MS = 10_000;

/** `status` ends only when it cannot reach the fleet at its start: it is started again after this time; ms. */
const AGAIN_MS = 5_000;

/** Runs `imagefleet status --watch --json` while a page is open and visible, and passes its lines on. */
export class Live {
  readonly #processes: Processes;
  readonly #everySeconds: number;
  readonly #runs: () => readonly RunState[];
  readonly #listeners = new Set<Listener>();
  readonly #history: unknown[] = [];
  #stopStatus: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param everySeconds the time between two looks at the queues, s
   * @param runs the runs that a page gets first
   */
  constructor(processes: Processes, everySeconds: number, runs: () => readonly RunState[]) {
    this.#processes = processes;
    this.#everySeconds = everySeconds;
    this.#runs = runs;
  }

  /** Sends what is known, and then what changes. @returns a function that ends it */
  subscribe(listener: Listener): () => void {
    clearTimeout(this.#timer);
    this.#listeners.add(listener);
    listener({ event: "history", data: [...this.#history] });
    listener({ event: "runs", data: this.#runs() });
    this.#stopStatus ??= this.#watch();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#timer = setTimeout(() => this.close(), LINGER_MS);
    };
  }

  send(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#stopStatus?.();
    this.#stopStatus = undefined;
  }

  #watch(): () => void {
    const args = ["status", "--watch", `--every=${this.#everySeconds}`];
    const child = this.#processes.start({ args });
    let said = "";
    let again: NodeJS.Timeout | undefined;
    let isOver = false;
    createInterface({ input: child.stderr }).on("line", (text) => {
      said = text;
    });
    createInterface({ input: child.stdout }).on("line", (text) => {
      const data = parsed(text);
      this.#history.push(data);
      if (this.#history.length > HISTORY) this.#history.shift();
      this.send({ event: "status", data });
    });
    child.process.on("error", (error) => {
      said = error.message;
    });
    child.process.on("close", () => {
      if (isOver) return;
      this.send({ event: "lost", data: { error: said.replace(/^error: /, "") } });
      again = setTimeout(() => {
        this.#stopStatus = this.#watch();
      }, AGAIN_MS);
    });
    return () => {
      isOver = true;
      clearTimeout(again);
      child.interrupt();
    };
  }
}
