// Breaks infra/ in one place after the other and prints whether the graph's rules say so. About two
// seconds a mutant.
import { join } from "node:path";
import { ensurePlatform } from "../../../scripts/sst/platform.ts";
import { buildGraph } from "../build.ts";
import { unexpected } from "../expected.ts";
import { fleetIn } from "../fleet.ts";
import { brokenRules } from "../rules/index.ts";
import { mutated, VARIANT } from "./mutated.ts";
import { MUTANTS } from "./table.ts";

await ensurePlatform(join(import.meta.dirname, "..", "..", ".."));
let survivors = 0;
process.stdout.write("| broken | seen | first said |\n|---|---|---|\n");
for (const [index, mutant] of MUTANTS.entries()) {
  const built = await buildGraph(VARIANT, mutated(String(index), [mutant]));
  const graph = fleetIn(built, "Photos");
  const said = [...brokenRules(graph), ...unexpected(graph)];
  const seen = said.some((line) => mutant.fault.test(line));
  if (!seen) survivors += 1;
  process.stdout.write(`| ${mutant.what} | ${seen ? "yes" : "NO"} | ${said[0] ?? "nothing"} |\n`);
}
process.stdout.write(`${MUTANTS.length - survivors} of ${MUTANTS.length} seen\n`);
process.exitCode = survivors === 0 ? 0 : 1;
