// A container's HEALTHCHECK runs it: it exits with 0 if the worker is healthy, else with 1 and the reason.
// With the argument `ready`, the worker must also have reached its queues.
import { readFileSync } from "node:fs";
import * as v from "valibot";
import { readHealthEnv } from "./env.ts";
import { healthSchema } from "./report.ts";

/** How many reports may be missing. */
const MISSED = 3;

function fault(): string | undefined {
  const { file, everyMs } = readHealthEnv();
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return `there is no ${file}: the worker has not started or has ended`;
  }
  const { at, live, ready, why } = v.parse(v.pipe(v.string(), v.parseJson(), healthSchema), text);
  const silentMs = Date.now() - at;
  if (silentMs > everyMs * MISSED) {
    return `the worker has not reported for ${Math.round(silentMs / 1000)} s: it hangs or was killed`;
  }
  if (!live) return why ?? "the worker reports that it is not healthy";
  if (process.argv[2] === "ready" && !ready) return "the worker has not reached its queues";
  return undefined;
}

const found = fault();
if (found !== undefined) {
  process.stderr.write(`${found}\n`);
  process.exitCode = 1;
}
