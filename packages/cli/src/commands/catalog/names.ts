import { UPLOAD_KEY, type UploadKeys, uploadKeys, whyNoTemplate } from "@imagefleet/core/uploads";
import * as v from "valibot";
import type { Connection } from "../../connection/connect.ts";
import { readConnectionEnv } from "../../connection/env.ts";
import { LINK_VARIABLE, linkOf, type Named } from "../../connection/names.ts";
import { stagePrefix } from "../../connection/stage/names.ts";
import type { StageSettings } from "../../connection/stage/settings.ts";
import { tableOfStage } from "../../connection/stage/table.ts";
import { namedTable, TABLE_VARIABLE } from "../../connection/table.ts";
import { UsageError } from "../../usage-error.ts";

/** The variable that the functions of the fleet have as well. */
const UPLOAD_KEY_VARIABLE = "IMAGEFLEET_UPLOAD_KEY";

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

const linkSchema = v.object({ uploadKey: v.string() });

/**
 * The name of the table: from its flag, its variable, the link of a fleet that `sst shell` sets, or the
 * names of the stage; on this machine, the local fleet's.
 *
 * @param fleet the name of one of several linked fleets
 * @throws UsageError when nothing names it
 */
export async function tableName(
  { table }: NamedCatalog,
  connection: Connection,
  fleet: string | undefined,
  stage: NamedStage | undefined,
): Promise<Named> {
  if (table !== undefined) return { value: table, by: "--table" };
  const named = namedTable(connection, fleet);
  const { clients, where } = connection;
  const isLinked = named?.by.startsWith(LINK_VARIABLE) ?? true;
  if (stage !== undefined && isLinked && clients !== undefined) {
    const { name, settings } = stage;
    const value = await tableOfStage(clients, stagePrefix(settings, name), name, where);
    return { value, by: `--stage ${name}` };
  }
  if (named !== undefined) return named;
  throw new UsageError(
    `--table is not set for ${where}. Use --table NAME with the output table of the stage, --stage NAME, set ${TABLE_VARIABLE}, or run under sst shell`,
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
    variables[UPLOAD_KEY_VARIABLE] ??
    (uploads === undefined || uploads === "none" ? undefined : uploads.key) ??
    linkedUploadKey(variables, fleet) ??
    UPLOAD_KEY;
  const issue = whyNoTemplate(template);
  if (issue !== undefined) throw new UsageError(`--upload-key ${template}: ${issue}`);
  return uploadKeys(template, sourcePrefix);
}

function linkedUploadKey(
  variables: Readonly<Record<string, string>>,
  fleet: string | undefined,
): string | undefined {
  const parsed = v.safeParse(linkSchema, linkOf(variables, fleet)?.properties);
  return parsed.success ? parsed.output.uploadKey : undefined;
}
