export { type JobLine, logJob, parseJobLine } from "./job-line.ts";
export { createLog, LOG_LEVELS, type Logger, type LogLevel } from "./log.ts";
export { parseWarning } from "./warning-line.ts";
