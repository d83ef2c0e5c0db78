// What a container's HEALTHCHECK runs: 0 when the worker is well, else 1 and why.
// With `ready`: also when it has reached its queues.
import { readFileSync } from "node:fs";
import * as v from "valibot";
import { readHealthEnv } from "./env.ts";
import { healthSchema } from "./report.ts";

/** Reports that may be missed. */
const MISSED = 3;

function fault(): string | undefined {
  const { file, everyMs } = readHealthEnv();
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return `there is no ${file}: the worker has not begun, or has ended`;
  }
  const { at, live, ready, why } = v.parse(v.pipe(v.string(), v.parseJson(), healthSchema), text);
  const silentMs = Date.now() - at;
  if (silentMs > everyMs * MISSED) {
    return `the worker has said nothing for ${Math.round(silentMs / 1000)} s: it hangs, or was killed`;
  }
  if (!live) return why ?? "the worker says that it is not well";
  if (process.argv[2] === "ready" && !ready) return "the worker has not reached its queues";
  return undefined;
}

const found = fault();
if (found !== undefined) {
  process.stderr.write(`${found}\n`);
  process.exitCode = 1;
}
