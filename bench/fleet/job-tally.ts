import { parseJobLine } from "@imagefleet/core/telemetry";

/** Longest part of a line that is no job's, in an error. */
const LINE = 300;

/** Counts what a function's log says of its jobs: a photo that was not rendered spoils a round. */
export class JobTally {
  #rendered = 0;
  #last: string | undefined;

  hear(line: string): void {
    const job = parseJobLine(line);
    if (job?.outcome === "rendered") this.#rendered += 1;
    else this.#last = line;
  }

  /**
   * Begins a new count.
   *
   * @throws Error when the last one is not `jobs` renders, with the last line that said otherwise
   */
  settle(jobs: number): void {
    const rendered = this.#rendered;
    const said = this.#last === undefined ? "" : `; it said: ${this.#last.slice(0, LINE)}`;
    this.#rendered = 0;
    this.#last = undefined;
    if (rendered !== jobs) throw new Error(`${rendered} of ${jobs} photos were rendered${said}`);
    if (said) throw new Error(`the function had more to say than its jobs${said}`);
  }
}
