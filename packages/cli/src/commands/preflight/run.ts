import { createS3 } from "@imagefleet/core/aws";
import type { Recipe } from "@imagefleet/core/recipe";
import { absentLocally, CheckReport } from "../../check/check.ts";
import { readConnectionEnv } from "../../connection/env.ts";
import { namesOf } from "../../connection/names.ts";
import type { ConnectionOptions } from "../../connection/options.ts";
import { owned } from "../../connection/owned.ts";
import { stagePrefix } from "../../connection/stage/names.ts";
import { stageSettings } from "../../connection/stage/settings.ts";
import { targetOf } from "../../connection/target.ts";
import { readRecipe } from "../../recipe/read.ts";
import type { Screen } from "../../terminal/screen.ts";
import { UsageError } from "../../usage-error.ts";
import { accountCheck, linkedRoleCheck } from "./account.ts";
import { deliveryChecks } from "./delivery.ts";
import { dockerChecks } from "./docker.ts";
import { quotaChecks } from "./quotas.ts";
import { sourceChecks } from "./source.ts";

export interface PreflightOptions {
  readonly connection: ConnectionOptions;
  /** Undefined for the fleet on this machine, which has few of the checked parts. */
  readonly stage?: string | undefined;
  readonly recipe: string;
  readonly json?: boolean | undefined;
}

/** `imagefleet preflight`: checks what a deployment of a stage needs, and changes nothing. */
export async function preflight(options: PreflightOptions, screen: Screen): Promise<number> {
  const { stage, connection } = options;
  const recipe = await readRecipe(options.recipe);
  const report = new CheckReport(screen, options);
  const where = await (stage === undefined
    ? checkLocal(connection, report)
    : checkStage(stage, recipe, connection, report));
  return report.end(where);
}

/** @returns where the checks ran, for the summary */
async function checkStage(
  stage: string,
  recipe: Recipe,
  connection: ConnectionOptions,
  report: CheckReport,
): Promise<string> {
  const settings = await stageSettings(stage);
  // A deployment uses the region of the settings, not the shell's.
  const { where, clients } = await targetOf(
    { ...connection, region: settings.region, isDeployed: true },
    readConnectionEnv(),
    {},
  );
  const aws = { where, clients, settings, prefix: stagePrefix(settings, stage) };
  const account = await accountCheck(aws);
  report.add([account]);
  if (account.state === "ok") {
    report.add(await quotaChecks(aws));
    report.add(await linkedRoleCheck(aws));
    report.add(await deliveryChecks(aws, recipe));
    using s3 = owned(createS3(clients("S3")));
    report.add(await sourceChecks(s3, settings.source));
  }
  report.add(await dockerChecks());
  return where;
}

async function checkLocal(connection: ConnectionOptions, report: CheckReport): Promise<string> {
  const env = readConnectionEnv();
  const target = await targetOf(connection, env, namesOf(connection, env.variables));
  if (!target.isLocal) {
    throw new UsageError(
      `preflight needs --stage NAME to read the settings of the stage at ${target.where}`,
    );
  }
  report.add([
    absentLocally(
      "credentials and account",
      "account: its servers accept the keys of its data folder",
    ),
    absentLocally("quotas", "quotas"),
    absentLocally("service-linked role of ECS", "roles"),
    absentLocally("CloudFront", "distribution: its edge needs none"),
  ]);
  using s3 = owned(createS3(target.clients("S3")));
  const bucket = target.names.sourceBucket?.value ?? "";
  report.add(await sourceChecks(s3, { bucket, notifications: "by-hand" }));
  report.add([
    absentLocally("Docker and its builder", "containers: its programs run on this machine"),
  ]);
  return target.where;
}
