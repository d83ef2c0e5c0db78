// Takes each rule of the protocol away, one by one, and says after how many histories the model
// finds it out: `npm run mutations -- [most runs] [first seed]`. One that it does not find, or whose
// text is not there any more, is a failure.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import pLimit from "p-limit";
import * as v from "valibot";
import { RULES, type Rule } from "./rules.ts";

const [most = "5000", seed = "1", only = ""] = process.argv.slice(2);

const MODEL = fileURLToPath(new URL("../main.ts", import.meta.url));
const MUTANT = new URL("mutant.ts", import.meta.url).href;
const reportSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ runs: v.number(), found: v.boolean() }),
);

const limit = pLimit(Math.max(1, availableParallelism()));
const chosen = RULES.filter(({ rule }) => rule.includes(only));
const width = Math.max(...chosen.map(({ rule }) => rule.length));
say(`| ${"rule taken away".padEnd(width)} | found after runs |`);
say(`|${"-".repeat(width + 2)}|-----------------:|`);
const found = await limit.map(chosen, async (rule) => {
  const runs = await foundAfter(rule);
  say(`| ${rule.rule.padEnd(width)} | ${String(runs ?? "NOT FOUND").padStart(16)} |`);
  return runs;
});
const missed = found.filter((runs) => runs === undefined).length;
say(
  `${found.length - missed} of ${found.length} rules found, at most ${most} runs each from seed ${seed}`,
);
process.exitCode = missed === 0 ? 0 : 1;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** @throws Error when the model could not be run at all */
async function foundAfter({ file, from, to }: Rule): Promise<number | undefined> {
  const mutation = JSON.stringify({ file, from, to });
  const child = spawn(process.execPath, ["--import", MUTANT, MODEL, most, seed, mutation], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, errors] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  const report = v.safeParse(reportSchema, out.trim().split("\n").at(-1));
  if (!report.success)
    throw new Error(`the model could not be run without a rule of ${file}: ${errors}`);
  return report.output.found ? report.output.runs : undefined;
}
