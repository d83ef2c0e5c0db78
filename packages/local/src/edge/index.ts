export { type Edge, type EdgeOptions, ORIGIN_MS, startEdge } from "./edge.ts";
