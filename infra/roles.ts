import type { FleetSettings } from "./settings-schema.ts";

/** IAM takes no longer names of roles. */
const LONGEST = 64;
const NAMED = ["aws:iam/role:Role", "aws:iam/policy:Policy"];

/**
 * What every role is given that lies within a component, those of SST's own components too.
 *
 * @returns a transformation, for the options of that component
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

/** The end stays, where SST tells names apart. */
function prefixed(prefix: string, name: string): string {
  return prefix + name.slice(Math.max(0, prefix.length + name.length - LONGEST));
}
