import { clientConfig, statusOf } from "@imagefleet/core/aws";
import type { Check } from "../../check/check.ts";
import { sdk } from "../../check/sdk.ts";
import type { Aws } from "./aws.ts";

/**
 * Whose credentials are these, and may the stage be deployed there?
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export async function accountCheck({ clients, settings, where }: Aws): Promise<Check> {
  const name = "credentials and account";
  const { STSClient, GetCallerIdentityCommand } = await sdk(() => import("@aws-sdk/client-sts"));
  const sts = new STSClient(clientConfig(clients.STS));
  try {
    const { Account = "", Arn = "" } = await sts.send(new GetCallerIdentityCommand({}));
    const { accounts, region } = settings;
    if (accounts.length > 0 && !accounts.includes(Account)) {
      return {
        name,
        state: "wrong",
        says: `The credentials are of account ${Account} (${Arn}), and the stage may be deployed to ${accounts.join(", ")} alone.`,
        fix: "Use credentials of that account (AWS_PROFILE, --profile), or change accounts in infra/settings.ts.",
      };
    }
    const pinned =
      accounts.length > 0 ? "" : " No accounts are named in infra/settings.ts: any would be taken.";
    return { name, state: "ok", says: `${Arn} deploys to ${region}.${pinned}` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const answered = statusOf(error) !== undefined;
    return {
      name,
      state: "wrong",
      says: answered
        ? `AWS does not take the credentials: ${why}`
        : `${where} cannot be asked: ${why}`,
      fix: "Sign in (aws sso login, aws configure), or name a profile with --profile.",
    };
  } finally {
    sts.destroy();
  }
}
