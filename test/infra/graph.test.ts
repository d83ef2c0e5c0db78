import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PRICES } from "@imagefleet/core/prices";
import { describe, expect, it } from "vitest";
import { buildGraph } from "./build.ts";
import { isAllowed, needOf, needOfSst, registered, statementsFor } from "./deploy-role/need.ts";
import { ATTACHED, PARAMETERS, POLICIES, TEMPLATE_TEXT } from "./deploy-role/template.ts";
import { NOT_USED, TYPES } from "./deploy-role/types.ts";
import { fleetIn } from "./fleet.ts";
import { idleUsd, pollerRows } from "./month.ts";
import { permissionsPage } from "./permissions/page.ts";
import { all, textAt } from "./read.ts";
import type { Graph, Resource } from "./resource.ts";
import { MANAGED } from "./rules/access.ts";
import { notAllowed } from "./rules/deploy-role.ts";
import { RULES } from "./rules/index.ts";
import { graphsOf, NAMES, type Name, VARIANTS } from "./variants.ts";

const ROOT = join(import.meta.dirname, "..", "..");

const graph = graphsOf(...NAMES);

describe.each(NAMES)("%s", (name) => {
  it.each(Object.entries(RULES))("%s", (_name, rule) => {
    expect(rule(graph(name))).toEqual([]);
  });

  it("costs at most $7.60 in an idle month, and $8.50 with uploads, without its pollers", () => {
    const hasCatalog = all(graph(name), "dynamodb/table:Table").length > 0;
    const pollers = pollerRows(graph(name), PRICES).reduce((sum, [, usd]) => sum + usd, 0);
    expect(idleUsd(graph(name), PRICES) - pollers).toBeLessThanOrEqual(hasCatalog ? 8.5 : 7.6);
  });
});

it("has its outputs in docs/deploy.md, each of them and no other", () => {
  const docs = readFileSync(join(ROOT, "docs", "deploy.md"), "utf8");
  const rows = docs.split("| output | |")[1]?.split("\n\n")[0] ?? "";
  const firstCells = rows.split("\n").map((row) => row.split("|")[1] ?? "");
  const documented = firstCells.flatMap((cell) => cell.match(/(?<=`)\w+(?=`)/g) ?? []);
  const built = new Set(NAMES.flatMap((name) => Object.keys(graph(name).outputs)));
  // SST's own.
  built.delete("_protect");
  expect(documented.sort()).toEqual([...built].sort());
});

describe("sst dev", () => {
  it("has live code and its own worker, no task and nobody to wake", () => {
    const built = graph("sst dev");
    expect(all(built, "ecs/taskDefinition:TaskDefinition")).toEqual([]);
    expect(all(built, "cloudwatch/metricAlarm:MetricAlarm")).toEqual([]);
    const [fn] = all(built, "lambda/function:Function");
    expect(textAt(fn?.inputs, "description")).toMatch(/\(live\)$/);
    expect(built.functions).toMatchObject([
      { id: "Consume" },
      { id: "Deliver" },
      { id: "Invalidate" },
    ]);
    expect(built.outputs).not.toHaveProperty("workerLogs");
  });
});

describe("a deployment after another", () => {
  /** What pictures are in, with all its parts, or are read with: not the function's code. */
  const HOLDS = /^aws:(s3\/bucket(?!Notification|Object)|kms\/key:)/;
  const holding = ({ resources }: Graph) => resources.filter(({ type }) => HOLDS.test(type));
  const stages = NAMES.filter((name) => VARIANTS[name].stage === "production");
  const pairs = stages.flatMap((earlier) =>
    stages.filter((later) => later !== earlier).map((later) => [earlier, later] as const),
  );

  it.each(pairs)("after %s, %s takes nothing away that pictures are in", (earlier, later) => {
    const stays = new Set(graph(later).resources.map(({ type, name }) => `${type} ${name}`));
    const gone = holding(graph(earlier)).filter(({ type, name }) => !stays.has(`${type} ${name}`));
    expect(gone.filter(({ retainOnDelete }) => !retainOnDelete)).toEqual([]);
  });

  it("is tried where something goes: with another source, other renditions, another encryption", () => {
    const held = (name: Name) => holding(graph(name)).length;
    expect(held("production")).toBeGreaterThan(held("a bucket that is there"));
    expect(held("a bucket that is there")).toBeGreaterThan(held("all that can be brought"));
    expect(held("encrypted")).toBeGreaterThan(held("production"));
  });

  /** But for the dead letters that SST draws by lot, once for each name. */
  const steady = (resources: readonly Resource[]): Resource[] =>
    JSON.parse(
      JSON.stringify(resources).replaceAll(
        /(imagefleet-(production|review-\d)-\w+)-[a-z]{8}/g,
        "$1",
      ),
    );

  it("is the same as before, where nothing was changed", async () => {
    const again = fleetIn(await buildGraph(VARIANTS.production), "Photos");
    expect(again.resources.length).toBeGreaterThan(80);
    // Outputs of several resources resolve in any order, and so are their dependents made.
    const sorted = (resources: readonly Resource[]) =>
      steady(resources).toSorted((a, b) =>
        `${a.type} ${a.name}`.localeCompare(`${b.type} ${b.name}`),
      );
    expect(sorted(again.resources)).toEqual(sorted(graph("production").resources));
  });

  it("has all that pictures are in, as it was, where keep alone was changed", async () => {
    const { stage, settings } = VARIANTS["thrown away with its key"];
    const keep = { stage, settings: { ...settings, keep: true } };
    const kept = holding(fleetIn(await buildGraph(keep), "Photos"));
    const thrown = holding(graph("thrown away with its key"));
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.filter(({ retainOnDelete }) => !retainOnDelete)).toEqual([]);
    expect(thrown.filter(({ retainOnDelete }) => retainOnDelete)).toEqual([]);
    // Of what AWS has, nothing is otherwise: forceDestroy is what Pulumi's provider does on removal.
    const inAws = (resources: readonly Resource[]) =>
      steady(resources).map(({ retainOnDelete: _, inputs, ...each }) => ({
        ...each,
        inputs: { ...inputs, forceDestroy: null },
      }));
    expect(inAws(kept)).toEqual(inAws(thrown));
  });
});

it("writes the permissions down for people, with their reasons", async () => {
  const page = permissionsPage({
    plain: graph("production"),
    encrypted: graph("encrypted"),
    traced: graph("all settings"),
    invalidated: graph("delivered and invalidated"),
    cataloged: graph("uploads and catalog"),
    catalogEncrypted: graph("uploads and catalog, encrypted"),
  });
  // `npm test -- --update=all test/infra/graph.test.ts` writes it again.
  await expect(page).toMatchFileSnapshot(join(ROOT, "docs", "permissions.md"));
});

describe("the role that deploys", () => {
  const policies = Object.entries(POLICIES);
  const all = policies.flatMap(([, { statements }]) => statements);
  const deployed = () => NAMES.map(graph).filter(({ dev }) => !dev);

  it.each(all)("has no statement that it could do without: $Sid", (without) => {
    const faults = deployed().flatMap((built) =>
      notAllowed(
        built,
        statementsFor(built).filter((each) => each !== without),
      ),
    );
    expect(faults).not.toEqual([]);
  });

  it("has no action that nothing takes", () => {
    const taken = new Set([
      ...deployed().flatMap(({ resources }) =>
        resources.flatMap((each) => needOf({ ...each, retainOnDelete: false }) ?? []),
      ),
      ...deployed().flatMap((built) => needOfSst(built).map(([action]) => action)),
      ...OF_SST_BESIDES,
    ]);
    expect(all.flatMap(({ Action }) => Action).filter((action) => !taken.has(action))).toEqual([]);
  });

  /** Of SST's documented policy, and DescribeRepositories where the repository is there already. */
  const OF_SST_BESIDES = [
    "ecr:DescribeRepositories",
    "s3:GetObjectTagging",
    "s3:PutObjectTagging",
    "ssm:GetParameters",
  ];

  it.each(NOT_USED)("leaves out of what the registry has: $why", ({ actions }) => {
    const registry = Object.values(TYPES).flatMap((type) => type.registry.flatMap(registered));
    expect(registry.filter((action) => actions.test(action ?? ""))).not.toEqual([]);
    // SST's own; and what a table's key, or an API's log, takes.
    const others = ["Assets", "ReadState", "TableKeys", "ApiLogs"];
    const allowed = all.filter(({ Sid }) => !others.includes(Sid));
    const also = allowed.flatMap(({ Action }) => Action).filter((action) => actions.test(action));
    expect(also).toEqual([]);
  });

  it("knows what each type takes by the registry", () => {
    for (const { registry, only = [] } of Object.values(TYPES)) {
      const known = registry.flatMap((each) => registered(each) ?? []);
      expect(only.filter((action) => !known.includes(action))).toEqual([]);
      expect(registry.filter((each) => registered(each) === undefined)).toEqual([]);
    }
  });

  it("touches nothing of another app or stage, and no picture that is kept", () => {
    const built = graph("production");
    const may = (action: string, arn: string) =>
      isAllowed(built, statementsFor(built), action, arn);
    const here = "eu-west-1:123456789012";
    expect(may("sqs:DeleteQueue", `arn:aws:sqs:${here}:imagefleet-production-Small`)).toBe(true);
    expect(may("sqs:DeleteQueue", `arn:aws:sqs:${here}:imagefleet-pr-7-Small`)).toBe(false);
    expect(may("sqs:DeleteQueue", `arn:aws:sqs:${here}:shop-production-Orders`)).toBe(false);
    expect(may("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/Admin")).toBe(false);
    expect(may("s3:PutBucketPolicy", "arn:aws:s3:::my-photos")).toBe(false);
    expect(may("s3:GetObject", "arn:aws:s3:::sst-state-x/app/shop/production.json")).toBe(false);
    expect(may("s3:PutObject", "arn:aws:s3:::sst-state-x/app/imagefleet/pr-7.json")).toBe(false);
    const pictures = "arn:aws:s3:::imagefleet-production-sourcebucket-x";
    for (const action of ["s3:DeleteBucket", "s3:DeleteObject", "s3:GetObject"]) {
      expect(may(action, `${pictures}/photo.jpg`)).toBe(false);
    }
  });

  it("names the stage in each statement, but for those that cannot", () => {
    const without = (text: string) =>
      all.filter((each) => !JSON.stringify(each).includes(text)).map(({ Sid }) => Sid);
    const wide = [
      ...["Bootstrap", "Assets", "Images", "ImagesLogin", "TableKeys"],
      ...["ReadMapping", "TaskDefinitions", "Scaling", "Apis", "ServiceRoles"],
      ...["LookAtNetworks", "NewNetworks", "TagNewNetworks", "LookAtAlarmsAndLogs"],
      "ApiLogs",
      ...["DeliveryPolicies", "SigningKeys", "Certificates", "Records"],
      ...["AccessLogs", "LookAtEdgeAlarms"],
      ...["NotificationOfASource", "NotificationOfRenditions"],
    ];
    expect(without("{App}")).toEqual(wide);
    expect(without("{Stage}").sort()).toEqual(
      [...wide, "NewDistributions", "Parameters", "ReadState"].sort(),
    );
  });

  it("fills in parameters alone, and has each policy attached under its own condition", () => {
    const filled = [...TEMPLATE_TEXT.matchAll(/\$\{([\w:]+)\}/g)].map(([, name]) => name);
    const pseudo = ["Partition", "Region", "AccountId"].map((name) => `AWS::${name}`);
    const known = [...Object.keys(PARAMETERS), ...pseudo];
    expect(filled.filter((name) => !known.includes(name ?? ""))).toEqual([]);
    const attached = policies.map(([Ref, { onlyIf }]) =>
      onlyIf === "" ? { Ref } : { "Fn::If": [onlyIf, { Ref }, { Ref: "AWS::NoValue" }] },
    );
    expect(ATTACHED).toEqual(attached);
  });

  it("has a reason for each statement, and attaches AWS's own policies that are known alone", () => {
    for (const [, { statements, why }] of policies) {
      expect(Object.keys(why)).toEqual(statements.map(({ Sid }) => Sid));
    }
    const [attach] = all.filter(({ Sid }) => Sid === "AttachToRoles");
    expect(attach?.Condition).toEqual({ ArnEquals: { "iam:PolicyARN": [...MANAGED.keys()] } });
  });

  it("keeps IAM's limits, with the longest names: 10 policies of 6,144 characters", () => {
    expect(policies.length).toBeLessThanOrEqual(10);
    const longest = "x".repeat(30);
    for (const [, { statements }] of policies) {
      const text = JSON.stringify(statements).replaceAll(/\$\{[\w:]+\}/g, longest);
      expect(text.length).toBeLessThan(6144);
    }
  });

  it("is the one that the workflow takes, and its jobs those that it trusts", () => {
    const workflow = readFileSync(join(ROOT, ".github", "workflows", "deploy.yml"), "utf8");
    expect(PARAMETERS["Jobs"]?.AllowedValues).toEqual(["environment:production", "pull_request"]);
    expect(workflow).toContain("environment: production");
    expect(workflow).toContain("docs/deploy-role.json");
    const taken = [...workflow.matchAll(/role-to-assume: .* vars\.(\w+)/g)].map(([, role]) => role);
    expect(taken).toEqual(["AWS_DEPLOY_ROLE", "AWS_PREVIEW_ROLE", "AWS_PREVIEW_ROLE"]);
  });
});
