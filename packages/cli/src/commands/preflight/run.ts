import { createS3 } from "@imagefleet/core/aws";
import { type Check, noneHere } from "../../check/check.ts";
import { checkText, summaryText, tally } from "../../check/text.ts";
import { readConnectionEnv } from "../../connection/env.ts";
import { namesOf } from "../../connection/names.ts";
import type { ConnectionOptions } from "../../connection/options.ts";
import { stagePrefix } from "../../connection/stage/names.ts";
import { stageSettings } from "../../connection/stage/settings.ts";
import { targetOf } from "../../connection/target.ts";
import { EXIT } from "../../exit-code.ts";
import type { Screen } from "../../terminal/screen.ts";
import { UsageError } from "../../usage-error.ts";
import { accountCheck } from "./account.ts";
import { dockerChecks } from "./docker.ts";
import { quotaChecks } from "./quotas.ts";
import { linkedRoleCheck } from "./role.ts";
import { sourceChecks } from "./source.ts";

export interface PreflightOptions {
  readonly connection: ConnectionOptions;
  /** Undefined: the fleet on this machine, which has most of it not. */
  readonly stage: string | undefined;
  readonly json: boolean;
}

/** `imagefleet preflight`: would a deployment of a stage go well? It only asks. */
export async function preflight(options: PreflightOptions, screen: Screen): Promise<number> {
  const { stage } = options;
  const checks: Check[] = [];
  const tell = (some: readonly Check[]) => {
    checks.push(...some);
    if (options.json) return;
    for (const check of some) screen.report(...checkText(check, screen.paint));
  };
  const where = await (stage === undefined
    ? local(options.connection, tell)
    : ask(stage, options.connection, tell));
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

type Tell = (checks: readonly Check[]) => void;

/** @returns where it was asked, for a person */
async function ask(stage: string, connection: ConnectionOptions, tell: Tell): Promise<string> {
  const settings = await stageSettings(stage);
  // A deployment goes to the region of the settings, whatever the shell says.
  const { where, clients } = await targetOf(
    { ...connection, region: settings.region, isDeployed: true },
    readConnectionEnv(),
    {},
  );
  const aws = { where, clients, settings, prefix: stagePrefix(settings, stage) };
  const account = await accountCheck(aws);
  tell([account]);
  if (account.state === "ok") {
    tell(await quotaChecks(aws));
    tell(await linkedRoleCheck(aws));
    const s3 = createS3(clients.S3);
    tell(await sourceChecks(s3, settings.source));
    s3.destroy();
  }
  tell(await dockerChecks());
  return where;
}

async function local(connection: ConnectionOptions, tell: Tell): Promise<string> {
  const env = readConnectionEnv();
  const target = await targetOf(connection, env, namesOf(connection, env.variables));
  if (!target.isLocal) {
    throw new UsageError(
      `preflight needs the stage's name to read its settings: --stage NAME, as for ${target.where}`,
    );
  }
  tell([
    noneHere(
      "credentials and account",
      "account: its servers take the keys that were made for its data folder",
    ),
    noneHere("quotas", "quotas"),
    noneHere("service-linked role of ECS", "roles"),
  ]);
  const s3 = createS3(target.clients.S3);
  const bucket = target.names.sourceBucket?.value ?? "";
  tell(await sourceChecks(s3, { bucket, notifications: "by-hand" }));
  s3.destroy();
  tell([noneHere("Docker and its builder", "containers: its programs run on this machine")]);
  return target.where;
}
