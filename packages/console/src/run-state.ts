/** The state of a run, as the page gets it. */
export interface RunState {
  readonly id: number;
  /** The command's name: `dlq redrive`. */
  readonly name: string;
  /** The command that a person would type. */
  readonly text: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Exit code; null while it runs, and after a kill. */
  readonly code: number | null;
  readonly state: "running" | "stopping" | "done";
  /** What it said last on stderr: a progress line, a warning or an error. */
  readonly lines: readonly string[];
  /** What it printed on stdout, a line of JSON each, as far as it is kept. */
  readonly output: readonly unknown[];
  /** How many lines it printed in all. */
  readonly printed: number;
}
