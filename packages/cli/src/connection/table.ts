import { TABLE } from "@imagefleet/local/resources";
import * as v from "valibot";
import type { Connection } from "./connect.ts";
import { readConnectionEnv } from "./env.ts";
import { linkOf, type Named } from "./names.ts";

/** The variable that the functions of the fleet have as well. */
export const TABLE_VARIABLE = "IMAGEFLEET_TABLE";

const linkSchema = v.object({ tableName: v.string() });

/**
 * The table of images: from its variable, else the local fleet's, else from the link of a fleet that
 * `sst shell` sets.
 *
 * @param fleet the name of one of several linked fleets
 * @returns undefined when nothing names one
 * @throws UsageError when `fleet` is not linked or is needed
 */
export function namedTable(
  { clients }: Pick<Connection, "clients">,
  fleet: string | undefined,
): Named | undefined {
  const { variables } = readConnectionEnv();
  const given = variables[TABLE_VARIABLE];
  if (given !== undefined) return { value: given, by: TABLE_VARIABLE };
  if (clients === undefined) return { value: TABLE, by: "the local fleet's table" };
  const link = linkOf(variables, fleet);
  const parsed = v.safeParse(linkSchema, link?.properties);
  return link && parsed.success ? { value: parsed.output.tableName, by: link.by } : undefined;
}
