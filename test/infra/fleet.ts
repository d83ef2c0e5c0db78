import type { Graph } from "./resource.ts";

/**
 * One fleet's part of a graph, with the names that its parts have within it: without the fleet's own
 * before them. Where an app gives out what each of several fleets has, under its name, the outputs are
 * this fleet's.
 *
 * @param name of the fleet in its app, as "Photos"
 */
export function fleetIn(graph: Graph, name: string): Graph {
  const own = graph.outputs[name];
  const mine = {
    ...graph,
    outputs: typeof own === "object" && !Array.isArray(own) ? own : graph.outputs,
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
