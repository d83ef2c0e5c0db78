import type { OutcomeKind } from "@imagefleet/core/outcome";
import type { JobReport } from "@imagefleet/local/fleet";
import type { SourceFile } from "../../files/input/collect.ts";

/** Outcomes that are not final: a forwarded job continues in the large lane, a failed one is retried. */
const OPEN: readonly OutcomeKind[] = ["forwarded", "failed"];

/** The sources that this run has uploaded, with the last report of each. */
export class JobTracker {
  readonly #sources = new Map<string, SourceFile>();
  readonly #reports = new Map<string, JobReport>();
  readonly #final = new Set<string>();
  #wake = Promise.withResolvers<void>();

  /** Tracks a source whose upload starts. */
  expect(source: SourceFile): void {
    this.#sources.set(source.key, source);
  }

  /** Stops tracking a source whose upload failed. */
  drop(key: string): void {
    this.#sources.delete(key);
    this.#wake.resolve();
  }

  /** @returns whether the report is about a source of this run */
  record(report: JobReport): boolean {
    const { key, outcome } = report;
    if (!this.#sources.has(key)) return false;
    // A duplicate may be forwarded again after the report of the large lane.
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

  /** Resolves when every source has a final outcome, or after `ms`. */
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
