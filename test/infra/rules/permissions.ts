import { HOLDERS, held, isThere, needed } from "../permissions/held.ts";
import { REFUSED, SERVICES, UNUSED } from "../permissions/reasons.ts";
import { ROLES, type Role, recorded } from "../permissions/recorded.ts";
import { all } from "../read.ts";
import type { Graph } from "../resource.ts";
import type { Rule } from "./rule.ts";

/** A role that is added is to be recorded, or to have its reason. */
export const everyRoleIsKnown: Rule = (graph) => {
  const known = [...Object.values(HOLDERS), ...Object.keys(SERVICES)];
  return [...all(graph, "iam/role:Role"), ...all(graph, "iam/policy:Policy")]
    .filter(({ name }) => !known.includes(name))
    .map(({ name }) => `${name} is nobody's whose calls are recorded`);
};

export const recordedCallsAreAllowed: Rule = (graph) =>
  present(graph).flatMap((role) => {
    const may = held(graph, role);
    return [...needed(graph, role)]
      .filter(([grant]) => !may.has(grant) && !isIn(REFUSED, role, grant))
      .map(([grant, calls]) => `the ${role} may not ${grant}, which it needs for ${calls}`);
  });

export const allowedActionsAreCalled: Rule = (graph) =>
  present(graph).flatMap((role) => {
    const needs = needed(graph, role);
    return [...held(graph, role)]
      .filter((grant) => !needs.has(grant) && !isIn(UNUSED, role, grant))
      .map((grant) => `the ${role} may ${grant}, and never does`);
  });

export const everyReasonIsNeeded: Rule = (graph) =>
  present(graph).flatMap((role) => {
    const [may, needs] = [held(graph, role), recorded(role)];
    const stale = (reasons: typeof UNUSED, isNeeded: (grant: string) => boolean) =>
      reasons
        .filter(({ roles, grant }) => roles.includes(role) && isThere(graph, grant))
        .filter(({ grant }) => !isNeeded(grant))
        .map(({ grant }) => `the ${role} needs no reason for ${grant} any more`);
    return [
      ...stale(UNUSED, (grant) => may.has(grant) && !(grant in needs)),
      ...stale(REFUSED, (grant) => !may.has(grant) && grant in needs),
    ];
  });

/** Whoever is in a graph: `sst dev` has no task. */
function present(graph: Graph): Role[] {
  const there = [...all(graph, "iam/role:Role"), ...all(graph, "iam/policy:Policy")];
  return ROLES.filter((role) => there.some(({ name }) => name === HOLDERS[role]));
}

function isIn(reasons: typeof UNUSED, role: Role, grant: string): boolean {
  return reasons.some((each) => each.grant === grant && each.roles.includes(role));
}
