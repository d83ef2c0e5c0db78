// Imports each module of the command line in new processes, in turn, and prints the durations: a JSON
// object of module → starts.
import { spawnSync } from "node:child_process";

const ROUNDS = 5;

// Nothing is imported before the measurement starts, because it would then be loaded already.
const CHILD = `
const cpu = process.cpuUsage();
const start = performance.now();
await import(process.argv[1]);
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ ms: performance.now() - start, cpuMs: (user + system) / 1000 }));
process.exit();
`;

const modules = process.argv.slice(2);
const starts: Record<string, unknown[]> = Object.fromEntries(modules.map((each) => [each, []]));
// The first round fills the disk's cache and is not counted.
for (let round = 0; round <= ROUNDS; round++) {
  for (const module of modules) {
    const args = ["--input-type=module", "--eval", CHILD, module];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${module} cannot be imported: ${stderr}`);
    if (round > 0) starts[module]?.push(JSON.parse(stdout));
  }
}
process.stdout.write(JSON.stringify(starts));
