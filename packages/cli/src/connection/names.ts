import * as v from "valibot";
import { WrongUse } from "../wrong-use.ts";

/** What a fleet consists of, and the three ways to name each. */
export const RESOURCES = {
  sourceBucket: { flag: "--source-bucket", variable: "IMAGEFLEET_SOURCE_BUCKET", link: "Source" },
  renditionBucket: {
    flag: "--rendition-bucket",
    variable: "IMAGEFLEET_RENDITION_BUCKET",
    link: "Renditions",
  },
  smallQueue: { flag: "--small-queue", variable: "IMAGEFLEET_SMALL_QUEUE_URL", link: "Small" },
  smallDlq: {
    flag: "--small-dlq",
    variable: "IMAGEFLEET_SMALL_DLQ_URL",
    link: "SmallDlq",
  },
  largeQueue: { flag: "--large-queue", variable: "IMAGEFLEET_LARGE_QUEUE_URL", link: "Large" },
  largeDlq: {
    flag: "--large-dlq",
    variable: "IMAGEFLEET_LARGE_DLQ_URL",
    link: "LargeDlq",
  },
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
 * The names that are given: by flag, else by the environment, else by SST's links as `sst shell` sets
 * them.
 *
 * @throws WrongUse when a link is none
 */
export function namesOf(
  flags: Partial<Readonly<Record<Resource, string | undefined>>>,
  variables: Readonly<Record<string, string>>,
): Names {
  const names: Partial<Record<Resource, Named>> = {};
  for (const resource of RESOURCE_NAMES) {
    const { flag, variable, link } = RESOURCES[resource];
    const byFlag = flags[resource];
    const byVariable = variables[variable];
    const linked = variables[LINK_VARIABLE + link];
    if (byFlag) names[resource] = { value: byFlag, by: flag };
    else if (byVariable) names[resource] = { value: byVariable, by: variable };
    else if (linked) names[resource] = readLink(LINK_VARIABLE + link, linked);
  }
  return names;
}

const linkSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.union([v.object({ url: v.string() }), v.object({ name: v.string() })]),
);

/** A queue's link has a url, a bucket's a name. */
function readLink(variable: string, text: string): Named {
  const parsed = v.safeParse(linkSchema, text);
  if (!parsed.success) {
    throw new WrongUse(
      `${variable} is ${JSON.stringify(text)}: SST writes {"url": …} for a queue and {"name": …} for a bucket; run this under sst shell, or name the resource by its flag`,
    );
  }
  const link = parsed.output;
  return { value: "url" in link ? link.url : link.name, by: variable };
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
