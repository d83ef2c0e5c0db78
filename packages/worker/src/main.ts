import { constants } from "node:os";
import { exitNow } from "./exit-now.ts";

/** How long a stop may take beyond the drain time, s: for a poll in progress and the last settlements. */
const ANSWER_SECONDS = 20;

// Before everything else is loaded: the first process of a container ignores signals without a handler.
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  // A second signal ends it at once: messages in flight are received again when their leases end.
  process.on(signal, () => {
    if (stop.signal.aborted) exitNow(128 + constants.signals[signal]);
    stop.abort();
  });
}

const [{ compose }, { work }] = await Promise.all([import("./compose.ts"), import("./work.ts")]);
const options = await compose(stop.signal);
const { drainSeconds, health, jobs, lanes, log, memoryBytes, protection, traces } = options;

function leaveInTime(): void {
  const late = () => {
    log.warn("the stop took too long: messages in flight are received again when their leases end");
    exitNow(0);
  };
  setTimeout(late, (drainSeconds + ANSWER_SECONDS) * 1000);
}

if (stop.signal.aborted) leaveInTime();
else stop.signal.addEventListener("abort", leaveInTime, { once: true });
health.start();
const memoryMib = Math.round(memoryBytes / 2 ** 20);
log.info({ jobs, lanes: lanes.map(({ attempt }) => attempt.lane), memoryMib }, "ready");
await work(options);
await protection.end();
await traces?.flush();
health.stop();
log.info("stopped");
exitNow(0);
