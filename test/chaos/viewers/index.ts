export { type ViewersReport, viewersReport } from "./report.ts";
export { SourceTimeline, StoredTimeline } from "./timelines.ts";
export { Viewers } from "./viewers.ts";
