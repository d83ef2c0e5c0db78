import * as v from "valibot";
import { UsageError } from "../usage-error.ts";

/** What a fleet consists of, and how each is named on a command line and in the environment. */
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

/** A name (or, of a queue, a URL), and who gave it: for the message when it is wrong. */
export interface Named {
  readonly value: string;
  readonly by: string;
}
export type Names = Partial<Readonly<Record<Resource, Named>>>;

/** What the variables begin with that `sst shell` sets, one a link. */
export const LINK_VARIABLE = "SST_RESOURCE_";

/**
 * The names that are given: by flag, else by the environment, else by the link of a fleet, as `sst shell`
 * sets it.
 *
 * @throws WrongUse when `--fleet` names no linked fleet, or a linked one has to be chosen, or its link
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

/** An app links resources of many types. This is the component's; in a function, its parents precede it. */
const FLEET_TYPE = /(^|\$)imagefleet\.index\.Imagefleet$/;
const fleetLinkSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({ type: v.pipe(v.string(), v.regex(FLEET_TYPE)) }),
);
const resourcesSchema = v.object(v.entriesFromList(RESOURCE_NAMES, v.string()));

function linkedNames(variables: Readonly<Record<string, string>>, wanted?: string): Names {
  const links = new Map<string, unknown>();
  for (const [variable, text] of Object.entries(variables)) {
    if (!variable.startsWith(LINK_VARIABLE)) continue;
    const parsed = v.safeParse(fleetLinkSchema, text);
    if (parsed.success) links.set(variable.slice(LINK_VARIABLE.length), parsed.output);
  }
  const linked = [...links.keys()].sort();
  const fleet = wanted ?? linked[0];
  if (fleet === undefined) return {};
  if (!links.has(fleet)) {
    const found = linked.length > 0 ? `those linked are ${linked.join(", ")}` : "none is linked";
    throw new UsageError(
      `--fleet: there is no fleet ${fleet}: ${found}: run this under sst shell, and name one of its fleets`,
    );
  }
  if (wanted === undefined && linked.length > 1) {
    throw new UsageError(
      `sst shell links the fleets ${linked.join(", ")}: choose one with --fleet NAME`,
    );
  }
  const by = LINK_VARIABLE + fleet;
  const parsed = v.safeParse(resourcesSchema, links.get(fleet));
  if (!parsed.success) {
    const missing = parsed.issues.map((issue) => v.getDotPath(issue)).join(", ");
    throw new UsageError(
      `${by} does not say ${missing}: deploy the fleet with the version of this command, or name each by its flag`,
    );
  }
  return Object.fromEntries(
    RESOURCE_NAMES.map((resource) => [resource, { value: parsed.output[resource], by }]),
  );
}

/** As `npm start` names them. */
export const LOCAL_NAMES: Readonly<Record<Resource, string>> = {
  sourceBucket: "imagefleet-source",
  renditionBucket: "imagefleet-renditions",
  smallQueue: "imagefleet-small",
  smallDlq: "imagefleet-small-dlq",
  largeQueue: "imagefleet-large",
  largeDlq: "imagefleet-large-dlq",
};
