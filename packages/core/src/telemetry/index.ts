export { countBatch, countDeadLetter } from "./counts.ts";
export { ANSWERS, type Delivered, type DeliveryLine, logDelivery } from "./delivery-line.ts";
export { type JobLine, logJob, parseJobLine } from "./job-line.ts";
export { createLog, LOG_LEVELS, type Logger, type LogLevel } from "./log.ts";
export { METRICS } from "./metrics.ts";
export { type Phase, PhaseTimer, type PhaseTiming } from "./phase-timer.ts";
export { createTelemetry, metricsNamespace, type Telemetry } from "./telemetry.ts";
export { parseWarning } from "./warning-line.ts";
