// Takes each rule of the protocol away, one by one, and says after how many histories the model
// finds it out: `npm run mutations -- [most runs] [seed, or "all"] [part of a rule's name]`. A rule
// that is not found from some seed, or whose text is not there any more, is a failure.
import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import { foundAfter, SEEDS } from "./play.ts";
import { RULES } from "./rules.ts";

const [most = "5000", seed = "all", only = ""] = process.argv.slice(2);

const seeds = seed === "all" ? SEEDS : [Number(seed)];
const chosen = RULES.filter(({ rule }) => rule.includes(only));
const width = Math.max(0, ...chosen.map(({ rule }) => rule.length));
const limit = pLimit(Math.max(1, availableParallelism()));
say(`| ${"rule taken away".padEnd(width)} | found from seeds | after histories |`);
say(`|${"-".repeat(width + 2)}|-----------------:|----------------:|`);
const complete = await Promise.all(
  chosen.map(async (rule) => {
    const all = await limit.map(seeds, (first) => foundAfter(rule, Number(most), first));
    const found = all.flatMap((runs) => runs ?? []).sort((a, b) => a - b);
    const after = [...new Set([found.at(0), found.at(-1)])].join(" to ") || "none";
    const from = `${found.length} of ${seeds.length}`;
    say(`| ${rule.rule.padEnd(width)} | ${from.padStart(16)} | ${after.padStart(15)} |`);
    return found.length === seeds.length;
  }),
);
say(`${complete.filter((each) => each).length} of ${chosen.length} rules, ${most} runs a seed`);
process.exitCode = complete.every((each) => each) ? 0 : 1;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
