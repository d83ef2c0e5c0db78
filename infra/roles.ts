import { LONGEST_NAME } from "./context.ts";
import type { FleetSettings } from "./settings-schema.ts";

/** The length of the suffix that SST gives to names: a hyphen and eight letters. */
const SUFFIX = 9;
const NAMED = ["aws:iam/role:Role", "aws:iam/policy:Policy"];

/**
 * Applies `settings.roles` to every role and policy within a component, including those of SST's own
 * components.
 *
 * @returns a transformation for the component's options
 */
export function rolesAs({
  permissionsBoundary,
  namePrefix,
  tags,
}: FleetSettings["roles"]): $util.ResourceTransformation {
  return ({ type, props, opts }) => {
    if (!NAMED.includes(type)) return undefined;
    const isRole = type === "aws:iam/role:Role";
    return {
      opts,
      props: {
        ...props,
        ...(namePrefix !== undefined && {
          name: $output(props["name"]).apply((name: string) => prefixed(namePrefix, name)),
        }),
        tags: { ...props["tags"], ...tags },
        ...(isRole && permissionsBoundary !== undefined && { permissionsBoundary }),
      },
    };
  };
}

/** A name that is too long is cut before the suffix that makes it unique. */
function prefixed(prefix: string, name: string): string {
  const whole = prefix + name;
  if (whole.length <= LONGEST_NAME) return whole;
  const end = name.slice(-SUFFIX);
  return whole.slice(0, LONGEST_NAME - end.length) + end;
}
