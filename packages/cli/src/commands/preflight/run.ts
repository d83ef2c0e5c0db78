import { createS3 } from "@imagefleet/core/aws";
import { absentLocally, type Check, checkText, summaryText, tally } from "../../check/check.ts";
import { readConnectionEnv } from "../../connection/env.ts";
import { namesOf } from "../../connection/names.ts";
import type { ConnectionOptions } from "../../connection/options.ts";
import { stagePrefix } from "../../connection/stage/names.ts";
import { stageSettings } from "../../connection/stage/settings.ts";
import { targetOf } from "../../connection/target.ts";
import { EXIT } from "../../exit-code.ts";
import type { Screen } from "../../terminal/screen.ts";
import { UsageError } from "../../usage-error.ts";
import { accountCheck, linkedRoleCheck } from "./account.ts";
import { dockerChecks } from "./docker.ts";
import { quotaChecks } from "./quotas.ts";
import { sourceChecks } from "./source.ts";

export interface PreflightOptions {
  readonly connection: ConnectionOptions;
  /** Undefined for the fleet on this machine, which has few of the checked parts. */
  readonly stage?: string | undefined;
  readonly json?: boolean | undefined;
}

/** `imagefleet preflight`: checks what a deployment of a stage needs, and changes nothing. */
export async function preflight(options: PreflightOptions, screen: Screen): Promise<number> {
  const { stage } = options;
  const checks: Check[] = [];
  const report = (some: readonly Check[]) => {
    checks.push(...some);
    if (options.json) return;
    for (const check of some) screen.report(...checkText(check, screen.paint));
  };
  const where = await (stage === undefined
    ? checkLocal(options.connection, report)
    : checkStage(stage, options.connection, report));
  if (options.json) {
    screen.json({
      version: 1,
      at: new Date().toISOString(),
      where,
      stage: stage ?? null,
      ...tally(checks),
      checks,
    });
  } else screen.report("", screen.paint("bold", summaryText(checks, where)));
  return tally(checks).wrong > 0 ? EXIT.deadLetters : EXIT.done;
}

type Report = (checks: readonly Check[]) => void;

/** @returns where the checks ran, for the summary */
async function checkStage(
  stage: string,
  connection: ConnectionOptions,
  report: Report,
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
  report([account]);
  if (account.state === "ok") {
    report(await quotaChecks(aws));
    report(await linkedRoleCheck(aws));
    const s3 = createS3(clients.S3);
    report(await sourceChecks(s3, settings.source));
    s3.destroy();
  }
  report(await dockerChecks());
  return where;
}

async function checkLocal(connection: ConnectionOptions, report: Report): Promise<string> {
  const env = readConnectionEnv();
  const target = await targetOf(connection, env, namesOf(connection, env.variables));
  if (!target.isLocal) {
    throw new UsageError(
      `preflight needs --stage NAME to read the settings of the stage at ${target.where}`,
    );
  }
  report([
    absentLocally(
      "credentials and account",
      "account: its servers accept the keys of its data folder",
    ),
    absentLocally("quotas", "quotas"),
    absentLocally("service-linked role of ECS", "roles"),
  ]);
  const s3 = createS3(target.clients.S3);
  const bucket = target.names.sourceBucket?.value ?? "";
  report(await sourceChecks(s3, { bucket, notifications: "by-hand" }));
  s3.destroy();
  report([absentLocally("Docker and its builder", "containers: its programs run on this machine")]);
  return target.where;
}
