import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as v from "valibot";
import { PROJECT } from "../../project.ts";
import { UsageError } from "../../usage-error.ts";

/** The module with the settings of the stages. */
const MODULE = join(PROJECT, "infra", "stage-settings.ts");

const settingsSchema = v.object({
  app: v.string(),
  region: v.string(),
  accounts: v.array(v.string()),
  source: v.union([
    v.literal("new"),
    v.object({
      bucket: v.string(),
      notifications: v.picklist(["replace", "by-hand", "eventbridge"]),
    }),
  ]),
  network: v.looseObject({ vpcId: v.optional(v.string()) }),
  functionConcurrency: v.optional(v.number()),
  pollers: v.optional(v.object({ min: v.number(), max: v.number() })),
  workerTasks: v.number(),
  spot: v.boolean(),
  onDemandTasks: v.number(),
  delivery: v.union([
    v.literal("none"),
    v.object({
      domain: v.optional(v.object({ name: v.string(), certificateArn: v.optional(v.string()) })),
      concurrency: v.optional(v.number()),
      invalidate: v.optional(v.boolean(), false),
    }),
  ]),
  distribution: v.optional(v.string()),
  catalog: v.optional(v.boolean(), false),
  uploads: v.optional(v.union([v.literal("none"), v.object({ key: v.string() })]), "none"),
});

/** The settings of a stage that the checks use. */
export type StageSettings = v.InferOutput<typeof settingsSchema>;

const moduleSchema = v.object({
  settingsOf: v.custom<(stage: string) => unknown>((value) => typeof value === "function"),
});

/**
 * Reads the settings of a stage with the same module as a deployment. The module is imported by its path
 * because the CLI does not depend on the infrastructure.
 *
 * @throws UsageError with the missing or invalid setting
 */
export async function stageSettings(stage: string): Promise<StageSettings> {
  try {
    const { settingsOf } = v.parse(moduleSchema, await import(pathToFileURL(MODULE).href));
    return v.parse(settingsSchema, settingsOf(stage));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--stage ${stage}: ${why}`, { cause: error });
  }
}
