import type { OutcomeKind } from "@imagefleet/core/outcome";
import type { JobReport } from "@imagefleet/local/fleet";
import type { SourceFile } from "../../files/input/collect.ts";

/** What ends a source's work in this run: forwarded goes on elsewhere, failed may come back. */
const OPEN: readonly OutcomeKind[] = ["forwarded", "failed"];

/** Which sources this run has put in, and the last that was heard of each. */
export class JobTracker {
  readonly #sources = new Map<string, SourceFile>();
  readonly #reports = new Map<string, JobReport>();
  readonly #final = new Set<string>();
  #wake = Promise.withResolvers<void>();

  /** A source is on its way: from now on its reports count. */
  expect(source: SourceFile): void {
    this.#sources.set(source.key, source);
  }

  /** It did not get there. */
  drop(key: string): void {
    this.#sources.delete(key);
    this.#wake.resolve();
  }

  /** @returns whether the report is of one of this run's sources */
  record(report: JobReport): boolean {
    const { key, outcome } = report;
    if (!this.#sources.has(key)) return false;
    // A duplicate may be forwarded again after the large lane has spoken.
    if (outcome === "forwarded") return true;
    this.#reports.set(key, report);
    if (!OPEN.includes(outcome) && !this.#final.has(key)) {
      this.#final.add(key);
      this.#wake.resolve();
    }
    return true;
  }

  get sources(): readonly SourceFile[] {
    return [...this.#sources.values()];
  }

  get rejected(): number {
    return [...this.#reports.values()].filter(({ outcome }) => outcome === "rejected").length;
  }

  get done(): number {
    return this.#final.size;
  }

  report(key: string): JobReport | undefined {
    return this.#reports.get(key);
  }

  /** Resolves when every source has an end, or after `ms`. */
  async complete(ms: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, ms);
    let waiting = true;
    late.promise.then(() => {
      waiting = false;
    });
    while (waiting && this.done < this.#sources.size) {
      this.#wake = Promise.withResolvers();
      await Promise.race([this.#wake.promise, late.promise]);
    }
    clearTimeout(timer);
  }
}
