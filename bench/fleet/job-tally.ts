import { parseJobLine } from "@imagefleet/core/telemetry";

/** The longest part of a log line in an error. */
const LINE = 300;

/** Counts the rendered jobs in a function's log: another outcome makes a round invalid. */
export class JobTally {
  #rendered = 0;
  #last: string | undefined;

  add(line: string): void {
    const job = parseJobLine(line);
    if (job?.outcome === "rendered") this.#rendered += 1;
    else this.#last = line;
  }

  /**
   * Checks the count and starts again.
   *
   * @throws Error with the last other line when the count is not `jobs`, or when there is such a line
   */
  settle(jobs: number): void {
    const rendered = this.#rendered;
    const other =
      this.#last === undefined ? "" : `; the last other line: ${this.#last.slice(0, LINE)}`;
    this.#rendered = 0;
    this.#last = undefined;
    if (rendered !== jobs) throw new Error(`${rendered} of ${jobs} photos were rendered${other}`);
    if (other) throw new Error(`the log contains more than rendered jobs${other}`);
  }
}
