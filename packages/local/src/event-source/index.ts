export { type EventSource, startEventSource } from "./event-source.ts";
export { type BatchReport, type EventSourceOptions, EventSourceOptionsError } from "./options.ts";
