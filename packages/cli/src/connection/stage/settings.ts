import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as v from "valibot";
import { PROJECT } from "../../project.ts";
import { UsageError } from "../../usage-error.ts";

/** Where a project keeps what its stages are deployed with. */
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
  functionConcurrency: v.number(),
  workerTasks: v.number(),
  spot: v.boolean(),
  onDemandTasks: v.number(),
});

/** What a stage is deployed with, as far as it can be checked from here. */
export type StageSettings = v.InferOutput<typeof settingsSchema>;

const moduleSchema = v.object({
  settingsOf: v.custom<(stage: string) => unknown>((value) => typeof value === "function"),
});

/**
 * The settings of a stage, by the very module that a deployment reads them with. It is loaded by its
 * path: the command line is no part of what deploys, and runs without it.
 *
 * @throws WrongUse naming what is missing or wrong
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
