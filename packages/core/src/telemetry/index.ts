export { countBatch, countDeadLetter } from "./counts.ts";
export { type JobLine, logJob, parseJobLine } from "./job-line.ts";
export { createLog, LOG_LEVELS, type Logger, type LogLevel } from "./log.ts";
export { METRICS } from "./metrics.ts";
export { type Lap, type Stage, Stopwatch } from "./stopwatch.ts";
export { createVoice, metricsNamespace, type Voice } from "./voice.ts";
export { parseWarning } from "./warning-line.ts";
