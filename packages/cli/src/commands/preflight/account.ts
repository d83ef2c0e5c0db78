import { clientConfig, statusOf } from "@imagefleet/core/aws";
import { askFor, type Check, ok, problem } from "../../check/check.ts";
import { sdk } from "../../check/sdk.ts";
import { owned } from "../../connection/owned.ts";
import type { StageSettings } from "../../connection/stage/settings.ts";
import type { Target } from "../../connection/target.ts";

/** The account and region that a stage will be deployed to. */
export interface Aws {
  readonly where: string;
  readonly clients: Target["clients"];
  readonly settings: StageSettings;
  /** The common prefix of the stage's resource names. */
  readonly prefix: string;
}

/**
 * Checks that the credentials belong to an account that the stage may be deployed to.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export async function accountCheck({ clients, settings, where }: Aws): Promise<Check> {
  const name = "credentials and account";
  const { STSClient, GetCallerIdentityCommand } = await sdk(() => import("@aws-sdk/client-sts"));
  using sts = owned(new STSClient(clientConfig(clients("STS"))));
  try {
    const { Account = "", Arn = "" } = await sts.send(new GetCallerIdentityCommand({}));
    const { accounts, region } = settings;
    if (accounts.length > 0 && !accounts.includes(Account)) {
      return problem(
        name,
        `The credentials belong to account ${Account} (${Arn}), but the stage may only be deployed to ${accounts.join(", ")}.`,
        "Use credentials of that account (AWS_PROFILE, --profile), or change accounts in infra/settings.ts.",
      );
    }
    const pinned =
      accounts.length > 0 ? "" : " infra/settings.ts sets no accounts: any account is accepted.";
    return ok(name, `${Arn} deploys to ${region}.${pinned}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const hasResponded = statusOf(error) !== undefined;
    return problem(
      name,
      hasResponded ? `AWS rejects the credentials: ${why}` : `${where} does not respond: ${why}`,
      "Sign in (aws sso login, aws configure), or name a profile with --profile.",
    );
  }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html */
const ROLE = "AWSServiceRoleForECS";

/** Without this role, the first deployment in an account may fail to create the cluster. */
export async function linkedRoleCheck({ clients }: Aws): Promise<readonly Check[]> {
  const name = "service-linked role of ECS";
  const { IAMClient, GetRoleCommand } = await sdk(() => import("@aws-sdk/client-iam"));
  using iam = owned(new IAMClient(clientConfig(clients("IAM"))));
  return await askFor(name, "iam:GetRole", async () => {
    try {
      await iam.send(new GetRoleCommand({ RoleName: ROLE }));
      return [ok(name, `The account has ${ROLE}.`)];
    } catch (error) {
      if (!(error instanceof Error && error.name.startsWith("NoSuchEntity"))) throw error;
      const message = `The account has no ${ROLE}: the first deployment may fail to create the cluster.`;
      const fix = "Run: aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com";
      return [problem(name, message, fix)];
    }
  });
}
