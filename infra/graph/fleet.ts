import type { Graph } from "./resource.ts";

/**
 * One fleet's part of a graph, with the names that its parts have within it: without the fleet's own
 * before them.
 *
 * @param name of the fleet in its app, as "Photos"
 */
export function fleetIn(graph: Graph, name: string): Graph {
  const mine = {
    ...graph,
    resources: graph.resources.filter((each) => each.name.startsWith(name)),
    functions: graph.functions.filter(({ id }) => id.startsWith(name)),
  };
  const text = JSON.stringify(mine)
    .replaceAll(new RegExp(`${name}(?=[A-Z])`, "g"), "")
    // The names of buckets are in lower case.
    .replaceAll(new RegExp(`(?<=-)${name.toLowerCase()}(?=[a-z]+bucket)`, "g"), "");
  const within: Graph = JSON.parse(text);
  return within;
}
