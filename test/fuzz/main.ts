// pnpm fuzz [files] [seed]
import { randomInt } from "node:crypto";
import { fuzz } from "./run.ts";

const files = Number(process.argv[2] ?? 5000);
const seed = Number(process.argv[3] ?? randomInt(2 ** 31));
if (!Number.isSafeInteger(files) || files < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write("usage: pnpm fuzz [files] [seed], two whole numbers\n");
  process.exit(2);
}
process.stderr.write(`fuzz: ${files} files, seed ${seed}\n`);
const report = await fuzz(seed, files);
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
process.exitCode = report.findings.length > 0 ? 1 : 0;
