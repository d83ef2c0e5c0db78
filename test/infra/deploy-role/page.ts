import { POLICIES } from "./template.ts";
import { NOT_USED } from "./types.ts";

const ABOUT = `[deploy-role.json](deploy-role.json) is a CloudFormation template of the role with which GitHub's jobs deploy ([deploy.md](deploy.md#deploying-from-github)). It stands in the place of \`AdministratorAccess\`, and of [SST's documented policy](https://sst.dev/docs/iam-credentials), whose statement \`Deployments\` allows everything on everything. Its actions are those that CloudFormation's registry names for each resource type (\`test/infra/deploy-role/registry.json\`, with source and date), and those of Terraform's provider and of SST besides; \`npm test\` holds them against each resource of each kind of deployment, by its name. No account has seen it yet: what IAM makes of its conditions is to be seen there.
`;

const LEFT_OUT =
  "\nLeft out of what CloudFormation's handlers ask for, as the fleet has no such thing:\n";

/** Of docs/permissions.md. */
export function deployRoleLines(): string[] {
  const rows = Object.entries(POLICIES).flatMap(([name, { statements, why }]) =>
    statements.map(({ Sid, Action }) => {
      const services = [...new Set(Action.map((action) => action.split(":")[0]))].join(", ");
      return `| ${name} | \`${Sid}\` | ${services} | ${Action.length} | ${why[Sid]} |`;
    }),
  );
  return [
    ABOUT,
    "| policy | statement | of | actions | on what, and why |",
    "|---|---|---|---:|---|",
    ...rows,
    LEFT_OUT,
    ...NOT_USED.map(({ why }) => `- ${why}`),
  ];
}
