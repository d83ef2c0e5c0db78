// Plays histories of the fleet in the model: `node main.ts [runs] [first seed]`.
import { explore } from "./explore.ts";

const [runs = "5000", seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
const found = await explore(Number(seed), Number(runs));
if (found) {
  say(found.trace.join("\n"));
  say(found.violations.join("\n"));
}
say(
  JSON.stringify({
    runs: found?.run ?? Number(runs),
    seed: found?.seed ?? Number(seed),
    found: found !== undefined,
  }),
);
process.exitCode = found ? 1 : 0;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
