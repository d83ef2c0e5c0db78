// Removes the rules of the protocol one by one and prints after how many histories the model finds a
// violation: `npm run mutations -- [max runs] [seed or "all"] [part of a rule's name]`. It exits with 1
// if a rule is not found from each seed, and throws if the text of a rule does not exist any more.
import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import { foundAfter, SEEDS } from "./play.ts";
import { RULES } from "./rules.ts";

const [maxRuns = "5000", seed = "all", only = ""] = process.argv.slice(2);

const seeds = seed === "all" ? SEEDS : [Number(seed)];
const chosen = RULES.filter(({ rule }) => rule.includes(only));
const width = Math.max(0, ...chosen.map(({ rule }) => rule.length));
const limit = pLimit(Math.max(1, availableParallelism()));
say(`| ${"removed rule".padEnd(width)} | found from seeds | after histories |`);
say(`|${"-".repeat(width + 2)}|-----------------:|----------------:|`);
const complete = await Promise.all(
  chosen.map(async (rule) => {
    const all = await limit.map(seeds, (first) => foundAfter(rule, Number(maxRuns), first));
    const found = all.flatMap((runs) => runs ?? []).sort((a, b) => a - b);
    const after = [...new Set([found.at(0), found.at(-1)])].join(" to ") || "none";
    const from = `${found.length} of ${seeds.length}`;
    say(`| ${rule.rule.padEnd(width)} | ${from.padStart(16)} | ${after.padStart(15)} |`);
    return found.length === seeds.length;
  }),
);
say(
  `${complete.filter((each) => each).length} of ${chosen.length} rules, ${maxRuns} runs per seed`,
);
process.exitCode = complete.every((each) => each) ? 0 : 1;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
