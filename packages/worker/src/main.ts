import { compose } from "./compose.ts";
import { work } from "./work.ts";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => stop.abort());
}

const options = await compose(stop.signal);
options.attempt.log.info({ jobs: options.jobs }, "ready");
await work(options);
options.attempt.log.info("stopped");
