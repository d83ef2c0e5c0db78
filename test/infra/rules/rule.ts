import type { Graph } from "../resource.ts";

/** Says what is wrong with a graph, a line each: none when all is well. */
export type Rule = (graph: Graph) => string[];
