import * as v from "valibot";
import { UsageError } from "../usage-error.ts";
import { linkOf } from "./names.ts";

/** The API of uploads, and what named it, for messages. */
export interface NamedApi {
  readonly url: string;
  readonly by: string;
}

export const API_URL_VARIABLE = "IMAGEFLEET_API_URL";

const linkSchema = v.object({ apiUrl: v.string() });

/**
 * The address of the API of uploads: from its variable, else from the link of a fleet that `sst shell`
 * sets.
 *
 * @param fleet the name of one of several linked fleets
 * @returns undefined when neither has one
 * @throws UsageError when `fleet` is not linked or is needed, or the value is not an address
 */
export function apiOf(
  variables: Readonly<Record<string, string>>,
  fleet: string | undefined,
): NamedApi | undefined {
  const given = variables[API_URL_VARIABLE];
  if (given !== undefined) return { url: addressOf(given, API_URL_VARIABLE), by: API_URL_VARIABLE };
  const link = linkOf(variables, fleet);
  const parsed = v.safeParse(linkSchema, link?.properties);
  if (link === undefined || !parsed.success) return undefined;
  return { url: addressOf(parsed.output.apiUrl, link.by), by: link.by };
}

function addressOf(text: string, by: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return text.replace(/\/$/, "");
  throw new UsageError(
    `${by} is "${text}", which is no address of an API, as in the output apiUrl`,
  );
}
