import * as v from "valibot";
import { UsageError } from "../usage-error.ts";

/** The resources of a fleet, with the flag and the variable that name each. */
export const RESOURCES = {
  sourceBucket: { flag: "--source-bucket", variable: "IMAGEFLEET_SOURCE_BUCKET" },
  renditionBucket: { flag: "--rendition-bucket", variable: "IMAGEFLEET_RENDITION_BUCKET" },
  smallQueue: { flag: "--small-queue", variable: "IMAGEFLEET_SMALL_QUEUE_URL" },
  smallDlq: { flag: "--small-dlq", variable: "IMAGEFLEET_SMALL_DLQ_URL" },
  largeQueue: { flag: "--large-queue", variable: "IMAGEFLEET_LARGE_QUEUE_URL" },
  largeDlq: { flag: "--large-dlq", variable: "IMAGEFLEET_LARGE_DLQ_URL" },
} as const;

export type Resource = keyof typeof RESOURCES;
export const RESOURCE_NAMES = [
  "sourceBucket",
  "renditionBucket",
  "smallQueue",
  "smallDlq",
  "largeQueue",
  "largeDlq",
] as const satisfies readonly Resource[];

/** A name (for a queue also a URL) and the flag or variable that set it, for error messages. */
export interface Named {
  readonly value: string;
  readonly by: string;
}
export type Names = Partial<Readonly<Record<Resource, Named>>>;

/** The prefix of the variables that `sst shell` sets, one per link. */
export const LINK_VARIABLE = "SST_RESOURCE_";

/**
 * The names from flags, else from the environment, else from the link of a fleet that `sst shell` sets.
 *
 * @throws UsageError when `--fleet` names no linked fleet, is needed to choose one of several, or the link
 * lacks a resource
 */
export function namesOf(
  flags: Partial<Readonly<Record<Resource | "fleet", string | undefined>>>,
  variables: Readonly<Record<string, string>>,
): Names {
  const names: Partial<Record<Resource, Named>> = {};
  for (const resource of RESOURCE_NAMES) {
    const { flag, variable } = RESOURCES[resource];
    const byFlag = flags[resource];
    const byVariable = variables[variable];
    if (byFlag) names[resource] = { value: byFlag, by: flag };
    else if (byVariable) names[resource] = { value: byVariable, by: variable };
  }
  const isWhole = RESOURCE_NAMES.every((resource) => names[resource] !== undefined);
  return isWhole ? names : { ...linkedNames(variables, flags.fleet), ...names };
}

/** The type of the component among the links of an app. In a function, its parents precede it. */
const FLEET_TYPE = /(^|\$)imagefleet\.index\.Imagefleet$/;
const fleetLinkSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({ type: v.pipe(v.string(), v.regex(FLEET_TYPE)) }),
);
const resourcesSchema = v.object(v.entriesFromList(RESOURCE_NAMES, v.string()));

/** The link of a fleet that `sst shell` sets. */
interface Link {
  /** The variable that has it, for error messages. */
  readonly by: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/**
 * @param wanted the name of the fleet, to choose one of several
 * @returns undefined when no fleet is linked
 * @throws UsageError when `wanted` is not linked, or is needed
 */
export function linkOf(
  variables: Readonly<Record<string, string>>,
  wanted: string | undefined,
): Link | undefined {
  const links = new Map<string, Link["properties"]>();
  for (const [variable, text] of Object.entries(variables)) {
    if (!variable.startsWith(LINK_VARIABLE)) continue;
    const parsed = v.safeParse(fleetLinkSchema, text);
    if (parsed.success) links.set(variable.slice(LINK_VARIABLE.length), parsed.output);
  }
  const linked = [...links.keys()].sort();
  const fleet = wanted ?? linked[0];
  if (fleet === undefined) return undefined;
  const properties = links.get(fleet);
  if (properties === undefined) {
    const found =
      linked.length > 0 ? `the linked fleets are ${linked.join(", ")}` : "no fleet is linked";
    throw new UsageError(
      `--fleet: there is no fleet ${fleet}; ${found}. Run the command under sst shell and use one of its fleets`,
    );
  }
  if (wanted === undefined && linked.length > 1) {
    throw new UsageError(
      `sst shell links the fleets ${linked.join(", ")}. Choose one with --fleet NAME`,
    );
  }
  return { by: LINK_VARIABLE + fleet, properties };
}

function linkedNames(variables: Readonly<Record<string, string>>, wanted?: string): Names {
  const link = linkOf(variables, wanted);
  if (link === undefined) return {};
  const { by, properties } = link;
  const parsed = v.safeParse(resourcesSchema, properties);
  if (!parsed.success) {
    const missing = parsed.issues.map((issue) => v.getDotPath(issue)).join(", ");
    throw new UsageError(
      `${by} lacks ${missing}. Deploy the fleet with the version of this command, or use the flags of these resources`,
    );
  }
  return Object.fromEntries(
    RESOURCE_NAMES.map((resource) => [resource, { value: parsed.output[resource], by }]),
  );
}

/** The names in a local fleet. */
export const LOCAL_NAMES: Readonly<Record<Resource, string>> = {
  sourceBucket: "imagefleet-source",
  renditionBucket: "imagefleet-renditions",
  smallQueue: "imagefleet-small",
  smallDlq: "imagefleet-small-dlq",
  largeQueue: "imagefleet-large",
  largeDlq: "imagefleet-large-dlq",
};
