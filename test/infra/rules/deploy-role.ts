import { arnOf, isAllowed, isMade, needOf, needOfSst, statementsFor } from "../deploy-role/need.ts";
import type { Statement } from "../deploy-role/template.ts";
import type { Graph } from "../resource.ts";
import type { Rule } from "./rule.ts";

/** `sst dev` is a person's, with a person's rights. */
export const theDeployRoleMayCreateEveryResource: Rule = (graph) =>
  graph.dev ? [] : notAllowed(graph, statementsFor(graph));

/** What the role could not do of what a graph takes, with these statements. */
export function notAllowed(graph: Graph, statements: readonly Statement[]): string[] {
  const ofSst = needOfSst(graph)
    .filter(([action, arn]) => !isAllowed(graph, statements, action, arn))
    .map(([action, arn]) => `SST takes ${action} on ${arn}`);
  const ofParts = graph.resources.filter(isMade).flatMap((resource) => {
    const need = needOf(resource);
    if (need === undefined) return [`${resource.name}: nothing is known of ${resource.type}`];
    const arn = arnOf(resource);
    return need
      .filter((action) => !isAllowed(graph, statements, action, arn))
      .map((action) => `${resource.name} takes ${action}${arn === undefined ? "" : ` on ${arn}`}`);
  });
  return [...ofSst, ...ofParts];
}
