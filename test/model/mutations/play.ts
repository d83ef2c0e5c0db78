import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import type { Rule } from "./rules.ts";

/** The seeds of the table in docs/protocol.md. */
export const SEEDS = [
  1, 100_000, 200_000, 300_000, 400_000, 500_000, 600_000, 700_000, 800_000, 900_000,
] as const;

const MODEL = fileURLToPath(new URL("../main.ts", import.meta.url));
const MUTANT = new URL("mutant.ts", import.meta.url).href;
const reportSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ runs: v.number(), found: v.boolean() }),
);

/**
 * Plays histories without one rule, in a separate process.
 *
 * @returns the number of the first history with a violation; undefined if no history has one
 * @throws Error if the model cannot run
 */
export async function foundAfter(
  { file, from, to }: Rule,
  most: number,
  seed: number,
): Promise<number | undefined> {
  const mutation = JSON.stringify({ file, from, to });
  const parameters = [MODEL, String(most), String(seed), mutation];
  const child = spawn(process.execPath, ["--import", MUTANT, ...parameters], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, errors] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  const report = v.safeParse(reportSchema, out.trim().split("\n").at(-1));
  if (!report.success) {
    throw new Error(`the model cannot run without a rule of ${file}: ${errors}`);
  }
  return report.output.found ? report.output.runs : undefined;
}
