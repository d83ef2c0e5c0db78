import { mkdir, readFile, writeFile } from "node:fs/promises";
import * as v from "valibot";

const FOLDER = new URL("baselines/", import.meta.url);

const baselineSchema = v.object({
  bench: v.string(),
  /** Compared with those of a later run, on any machine. */
  ratios: v.record(v.string(), v.number()),
  /** Printed beside those of a later run: they depend on the machine. */
  figures: v.record(v.string(), v.number()),
  machine: v.record(v.string(), v.union([v.string(), v.number()])),
  /** The input of the measurement: ratios of different setups are not comparable. */
  setup: v.string(),
  at: v.string(),
});

/** A run that later ones are compared with. */
export type Baseline = v.InferOutput<typeof baselineSchema>;

/** A smaller change counts as none: runs on one machine differ by this much. */
const SAME = 0.02;

export interface Verdict {
  readonly ratio: string;
  readonly was: number;
  readonly is: number;
  readonly verdict: "better" | "worse" | "same";
}

/** Compares the ratios that both runs have; less is better. */
export function compare(was: Baseline, is: Pick<Baseline, "ratios">): Verdict[] {
  return Object.entries(is.ratios).flatMap(([ratio, now]) => {
    const before = was.ratios[ratio];
    if (before === undefined) return [];
    const change = now / before - 1;
    const verdict = Math.abs(change) <= SAME ? "same" : change < 0 ? "better" : "worse";
    return [{ ratio, was: before, is: now, verdict }];
  });
}

/** The saved baseline, if any. @throws Error for a file that is not a baseline */
export async function readBaseline(bench: string): Promise<Baseline | undefined> {
  const file = new URL(`${bench}.json`, FOLDER);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), baselineSchema), text);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Error(
    `bench/baselines/${bench}.json is not a baseline: ${v.getDotPath(issue) ?? "it"}: ${issue.message}; create it again with --save`,
  );
}

export async function saveBaseline(baseline: Baseline): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const file = new URL(`${baseline.bench}.json`, FOLDER);
  await writeFile(file, `${JSON.stringify(baseline, undefined, 2)}\n`);
}
