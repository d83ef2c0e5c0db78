import { UPLOAD_KEY, type UploadKeys, uploadKeys, whyNoTemplate } from "@imagefleet/core/uploads";
import { TABLE } from "@imagefleet/local/resources";
import * as v from "valibot";
import type { Connection } from "../../connection/connect.ts";
import { readConnectionEnv } from "../../connection/env.ts";
import { linkOf } from "../../connection/names.ts";
import { stagePrefix } from "../../connection/stage/names.ts";
import type { StageSettings } from "../../connection/stage/settings.ts";
import { tableOfStage } from "../../connection/stage/table.ts";
import { UsageError } from "../../usage-error.ts";

/** The variables that the functions of the fleet have as well. */
const VARIABLES = { table: "IMAGEFLEET_TABLE", uploadKey: "IMAGEFLEET_UPLOAD_KEY" } as const;

/** The table, and the keys of uploads, as a person names them. */
export interface NamedCatalog {
  readonly table?: string | undefined;
  /** The template of the keys of uploads. */
  readonly uploadKey?: string | undefined;
}

/** A stage of the settings. */
export interface NamedStage {
  readonly name: string;
  readonly settings: StageSettings;
}

const linkSchema = v.object({
  tableName: v.optional(v.string()),
  uploadKey: v.optional(v.string()),
});

/**
 * The name of the table: from its flag, its variable, the link of a fleet that `sst shell` sets, or the
 * names of the stage; on this machine, the local fleet's.
 *
 * @param fleet the name of one of several linked fleets
 * @throws UsageError when nothing names it
 */
export async function tableName(
  { table }: NamedCatalog,
  { clients, where }: Connection,
  fleet: string | undefined,
  stage: NamedStage | undefined,
): Promise<{ readonly value: string; readonly by: string }> {
  if (table !== undefined) return { value: table, by: "--table" };
  const { variables } = readConnectionEnv();
  const given = variables[VARIABLES.table];
  if (given !== undefined) return { value: given, by: VARIABLES.table };
  if (clients === undefined) return { value: TABLE, by: "the local fleet's table" };
  if (stage !== undefined) {
    const { name, settings } = stage;
    const value = await tableOfStage(clients, stagePrefix(settings, name), name, where);
    return { value, by: `--stage ${name}` };
  }
  const { by = "", tableName: linked } = linkedCatalog(variables, fleet);
  if (linked !== undefined) return { value: linked, by };
  throw new UsageError(
    `--table is not set for ${where}. Use --table NAME with the output table of the stage, --stage NAME, set ${VARIABLES.table}, or run under sst shell`,
  );
}

/**
 * The keys of uploads by their template: from its flag, its variable, the settings of the stage or the
 * link of a fleet, else the default.
 *
 * @param sourcePrefix the recipe's `source.prefix`
 * @throws UsageError for a template that cannot be one
 */
export function uploadsOf(
  { uploadKey }: NamedCatalog,
  sourcePrefix: string,
  fleet: string | undefined,
  stage: NamedStage | undefined,
): UploadKeys {
  const { variables } = readConnectionEnv();
  const { uploads } = stage?.settings ?? {};
  const template =
    uploadKey ??
    variables[VARIABLES.uploadKey] ??
    (uploads === undefined || uploads === "none" ? undefined : uploads.key) ??
    linkedCatalog(variables, fleet).uploadKey ??
    UPLOAD_KEY;
  const issue = whyNoTemplate(template);
  if (issue !== undefined) throw new UsageError(`--upload-key ${template}: ${issue}`);
  return uploadKeys(template, sourcePrefix);
}

function linkedCatalog(variables: Readonly<Record<string, string>>, fleet: string | undefined) {
  const link = linkOf(variables, fleet);
  const parsed = v.safeParse(linkSchema, link?.properties);
  return { by: link?.by, ...(parsed.success && parsed.output) };
}
