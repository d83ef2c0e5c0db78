// npm run fuzz -- [files] [seed]: damaged files. npm run fuzz -- addresses [requests] [seed]: requests of viewers.
import { randomInt } from "node:crypto";
import { fuzzAddresses } from "./addresses/run.ts";
import { fuzz } from "./run.ts";

const args = process.argv.slice(2);
const ofAddresses = args[0] === "addresses";
if (ofAddresses) args.shift();
const count = Number(args[0] ?? 5000);
const seed = Number(args[1] ?? randomInt(2 ** 31));
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write("usage: npm run fuzz -- [addresses] [count] [seed], two whole numbers\n");
  process.exit(2);
}
process.stderr.write(`fuzz: ${count} ${ofAddresses ? "addresses" : "files"}, seed ${seed}\n`);
const report = await (ofAddresses ? fuzzAddresses(seed, count) : fuzz(seed, count));
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
process.exitCode = report.findings.length > 0 ? 1 : 0;
