// `npm run check`: what can be known without running the code, in about 20 seconds.
import { CHECKS, type Check, runChecks } from "./checks.ts";

const GLOSSARY: Check = [
  "words of the glossary",
  "vitest",
  ["run", "--project", "imagefleet", "scripts/glossary.test.ts"],
];

const failed = await runChecks([...CHECKS, [GLOSSARY]]);
for (const output of failed) console.log(output);
process.exitCode = failed.length === 0 ? 0 : 1;
