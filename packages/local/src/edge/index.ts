export { type Edge, type EdgeOptions, INVALIDATIONS, startEdge } from "./edge.ts";
