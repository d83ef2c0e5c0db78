import { type Baseline, compare, readBaseline, saveBaseline, type Verdict } from "./baseline.ts";

/** The options of every bench. */
export interface BenchOptions {
  readonly json: boolean;
  readonly save: boolean;
  /** Gets what is no result: progress. */
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface Finished {
  /** The object that `--json` prints. */
  readonly result: object;
  readonly baseline: Baseline;
  /** What a person reads, beside the figures of the earlier baseline. */
  readonly table: (earlier: Baseline | undefined) => string;
}

/** Prints a bench's result beside its saved baseline, and keeps it as the new one if asked to. */
export async function finish(
  { result, baseline, table }: Finished,
  { json, save, say }: Pick<BenchOptions, "json" | "save" | "say">,
): Promise<void> {
  const earlier = await readBaseline(baseline.bench);
  const verdicts = earlier?.setup === baseline.setup ? compare(earlier, baseline) : [];
  const text = `${table(earlier)}\n${comparison(earlier, verdicts)}`;
  if (json) {
    say(text);
    process.stdout.write(`${JSON.stringify({ ...result, compared: verdicts })}\n`);
  } else {
    process.stdout.write(`${text}\n`);
  }
  if (save) {
    await saveBaseline(baseline);
    say(`kept as the baseline: bench/baselines/${baseline.bench}.json`);
  }
}

/** The verdicts as lines; says why where there are none. */
export function comparison(earlier: Baseline | undefined, verdicts: readonly Verdict[]): string {
  if (earlier === undefined) return "no baseline yet: --save keeps this one";
  if (verdicts.length === 0) return "the baseline was measured with another setup: no verdict";
  return verdicts
    .map(
      ({ ratio, was, is, verdict }) =>
        `${ratio}: ${verdict} (baseline ${was.toFixed(3)}, now ${is.toFixed(3)})`,
    )
    .join("\n");
}
