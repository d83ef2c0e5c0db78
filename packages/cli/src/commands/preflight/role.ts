import { clientConfig } from "@imagefleet/core/aws";
import { askFor, type Check } from "../../check/check.ts";
import { sdk } from "../../check/sdk.ts";
import type { Aws } from "./aws.ts";

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html */
const ROLE = "AWSServiceRoleForECS";

/** Without it the first deployment of an account stops at the cluster. */
export async function linkedRoleCheck({ clients }: Aws): Promise<readonly Check[]> {
  const name = "service-linked role of ECS";
  const { IAMClient, GetRoleCommand } = await sdk(() => import("@aws-sdk/client-iam"));
  const iam = new IAMClient(clientConfig(clients.IAM));
  try {
    return await askFor(name, "iam:GetRole", async () => {
      try {
        await iam.send(new GetRoleCommand({ RoleName: ROLE }));
        return [{ name, state: "ok", says: `The account has ${ROLE}.` }];
      } catch (error) {
        if (!(error instanceof Error && error.name.startsWith("NoSuchEntity"))) throw error;
        const says = `The account has no ${ROLE}: the first deployment may stop at the cluster.`;
        const fix = "Run: aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com";
        return [{ name, state: "wrong", says, fix }];
      }
    });
  } finally {
    iam.destroy();
  }
}
