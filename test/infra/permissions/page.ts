import { deployRoleLines } from "../deploy-role/page.ts";
import { all, at, texts } from "../read.ts";
import type { Graph } from "../resource.ts";
import { MANAGED } from "../rules/access.ts";
import { HOLDERS, held, needed } from "./held.ts";
import { REFUSED, type Reason, SERVICES, UNUSED } from "./reasons.ts";
import { ROLES, type Role } from "./recorded.ts";

const INTRO = `# Permissions

<!-- Made by the tests: npm test -- --update=all test/infra/graph.test.ts -->

Every role, and the three policies for people, with all that each may do and the calls that need it. The calls are recorded on the wire by tests that drive function, worker and command line through everything they do; \`npm test\` holds them against the policies of each kind of deployment: **no call that is not allowed, no grant without a call or a reason**. \`npm run chaos\` records its own and fails at a call that is not in here. What each operation asks for is AWS's own reference, written down in \`test/permissions/operations.ts\`; AWS's evaluation itself is not run.

\`source/*\` and \`renditions/*\` are the objects below the recipe's prefixes, without \`/*\` it is the bucket itself; \`small\`, \`large\` and their \`-dlq\` are the queues of the lanes, and \`invalidations\` is that of \`delivery.invalidate\`; \`catalog\` is the queue of the catalog, \`table\`, \`topic\` and \`bus\` are what the catalog writes to, \`source/uploads/*\` is what \`uploads.key\` begins with; \`task\` and \`service\` are any of the fleet's cluster; \`distribution\` is the one that delivers the renditions.
`;

const ABOUT: Readonly<Record<Role, string>> = {
  function: "The role of the Lambda function, with which Lambda also polls the queue for it.",
  deliver: "The role of the Lambda function that makes renditions on request.",
  invalidate:
    "Only with `delivery: { invalidate: true }`: the role of the Lambda function that has CloudFront forget renditions, with which Lambda also polls the queue for it.",
  catalog:
    "Only with `catalog` or `uploads`: the role of the Lambda function that keeps the table equal to the manifests and tells of changes, with which Lambda also polls the queue for it.",
  uploads:
    "Only with `uploads`: the role of the Lambda function behind the API. What it signs has its rights.",
  worker: "The role of the Fargate task.",
  viewer:
    "The policy `viewerPolicy` of the outputs: for people who look with `imagefleet`: `console`, `status`, `fleet`, `picture`, `audit`, `estimate`, `tune`, `compare`, `catalog check`, `reprocess --dry-run`, `dlq summary`, `list`, `show`, `export`.",
  doctor:
    "The policy `doctorPolicy` of the outputs: for people who run `preflight` and `doctor`. Before the first deployment there is no policy yet: `preflight` names each permission that it lacks.",
  operator:
    "The policy `operatorPolicy` of the outputs: for people who run every command but `preflight` and `doctor`.",
};

/**
 * A deployment as it is shipped, one with a key of KMS, one that is traced, one that invalidates, one
 * with uploads, and one with uploads and a key.
 */
interface Graphs {
  readonly plain: Graph;
  readonly encrypted: Graph;
  readonly traced: Graph;
  readonly invalidated: Graph;
  readonly cataloged: Graph;
  readonly catalogEncrypted: Graph;
}

/** docs/permissions.md */
export function permissionsPage(graphs: Graphs): string {
  return [
    INTRO,
    ...ROLES.map((role) => section(role, graphs)),
    titled("Called, and not granted", refused()),
    titled("Roles that no program of ours takes", services()),
    titled("Policies of AWS's own", managed(graphs.cataloged)),
    titled("The role that deploys", deployRoleLines()),
  ].join("\n");
}

function section(role: Role, graphs: Graphs): string {
  const { plain, traced, invalidated, cataloged, catalogEncrypted } = graphs;
  const isOfCatalog = role === "catalog" || role === "uploads";
  const base = isOfCatalog ? cataloged : role === "invalidate" ? invalidated : plain;
  const encrypted = isOfCatalog ? catalogEncrypted : graphs.encrypted;
  const before = new Set(held(base, role));
  const rows = [...before].sort().map((grant) => row(grant, because(base, role, grant)));
  /** The rows that another deployment has besides. */
  const besides = (setting: string, graph: Graph, isMeant = (_grant: string) => true) => {
    const more = [...held(graph, role)].filter((grant) => !before.has(grant) && isMeant(grant));
    for (const grant of more) before.add(grant);
    return more
      .sort()
      .map((grant) => row(grant, `with \`${setting}\`: ${because(graph, role, grant)}`));
  };
  const table = [
    "| may | on | for |",
    "|---|---|---|",
    ...rows,
    ...besides("delivery.invalidate", invalidated),
    ...besides("catalog", cataloged),
    ...besides("notifications.eventBus", catalogEncrypted, (grant) => grant.endsWith(" bus")),
    ...besides('encryption: "kms"', encrypted),
    ...besides('traces: "xray"', traced, (grant) => grant.startsWith("xray:")),
  ];
  return titled(`${HOLDERS[role]}: the ${role}`, [ABOUT[role], "", ...table]);
}

function titled(title: string, lines: readonly string[]): string {
  return `## ${title}\n${lines.join("\n")}\n`;
}

function because(graph: Graph, role: Role, grant: string): string {
  const reason = UNUSED.find((each) => each.grant === grant && each.roles.includes(role));
  return needed(graph, role).get(grant) ?? reason?.why ?? "";
}

function row(grant: string, why: string): string {
  const [action = "", ...resource] = grant.split(" ");
  return `| \`${action}\` | ${code(resource.join(" "))} | ${why} |`;
}

function refused(): string[] {
  const line = ({ grant, roles, why }: Reason) =>
    `| \`${grant.split(" ")[0]}\` | ${roles.join(", ")} | ${why} |`;
  return ["| what | by | why |", "|---|---|---|", ...REFUSED.map(line)];
}

function services(): string[] {
  const lines = Object.entries(SERVICES).map(([role, why]) => `| ${role} | ${why} |`);
  return ["| role | for |", "|---|---|", ...lines];
}

/** Those that a role has besides: what they allow is AWS's business, and on everything. */
function managed(graph: Graph): string[] {
  const lines = all(graph, "iam/role:Role").flatMap(({ name, inputs }) =>
    texts(at(inputs, "managedPolicyArns")).map((arn) => {
      return `| ${name} | \`${arn.slice(arn.lastIndexOf("/") + 1)}\` | ${MANAGED.get(arn)} |`;
    }),
  );
  return ["| role | policy | for |", "|---|---|---|", ...lines];
}

function code(text: string): string {
  return text.includes(" ") ? `the ${text}` : `\`${text}\``;
}
