/**
 * Plays histories against the deployed alarms and policies:
 *
 * node test/simulation/main.ts [count] [first seed]
 * node test/simulation/main.ts mutants [part]: which history finds each mutant, for caught.json
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDeployment } from "@imagefleet/simulation";
import { buildGraph } from "../infra/build.ts";
import { fleetIn } from "../infra/fleet.ts";
import { VARIANTS } from "../infra/variants.ts";
import { findingsOf } from "./expectations.ts";
import { historyOf, play } from "./history.ts";
import { catcherOf, EQUIVALENT, mutantsOf } from "./mutants.ts";

const CAUGHT = join(import.meta.dirname, "caught.json");
const [first = "10000", ...rest] = process.argv.slice(2);
const graph = fleetIn(await buildGraph(VARIANTS["uploads and catalog"]), "Photos");
const deployment = readDeployment(graph.resources);
if (first === "mutants") findMutants(rest[0] ?? "");
else explore(Number(first), Number(rest[0] ?? 1));

function explore(count: number, from: number): void {
  const [rang, cleared] = [new Set<string>(), new Set<string>()];
  let found = 0;
  for (let seed = from; seed < from + count; seed++) {
    const history = historyOf(seed);
    const minutes = play(history, deployment);
    let before: ReadonlySet<string> = new Set();
    for (const { alarms } of minutes) {
      for (const name of alarms) rang.add(name);
      for (const name of before) if (!alarms.has(name)) cleared.add(name);
      before = alarms;
    }
    const findings = findingsOf(history, minutes, deployment);
    found += findings.length;
    for (const { minute, what } of findings) {
      process.stdout.write(`${seed}: ${what} in minute ${minute}; ${JSON.stringify(history)}\n`);
    }
  }
  const silent = deployment.alarms.filter(({ name }) => !rang.has(name) || !cleared.has(name));
  process.stdout.write(
    `${count} histories from ${from}: ${found} findings; never in ALARM, or never out of it: ${silent.map(({ name }) => name).join(", ") || "none"}\n`,
  );
  process.exitCode = found > 0 ? 1 : 0;
}

/** @param part of the names of those to look for: the others stay as they are known */
function findMutants(part: string): void {
  const known: Readonly<Record<string, number>> = JSON.parse(readFileSync(CAUGHT, "utf8"));
  const caught: Record<string, number> = {};
  for (const mutant of mutantsOf(deployment)) {
    if (mutant.name in EQUIVALENT) continue;
    const before = known[mutant.name];
    if (!mutant.name.includes(part) && before !== undefined) {
      caught[mutant.name] = before;
      continue;
    }
    const seed = catcherOf(mutant, 1500);
    if (seed !== undefined) caught[mutant.name] = seed;
    process.stdout.write(`${mutant.name}: ${seed ?? "not found"}\n`);
    if (seed === undefined) process.exitCode = 1;
  }
  writeFileSync(CAUGHT, `${JSON.stringify(caught, null, 2)}\n`);
}
