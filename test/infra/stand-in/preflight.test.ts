import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { RESOLVE_LOCALLY } from "../../../packages/cli/src/connection/fixtures/resolve-locally.ts";
import { run } from "../../../packages/cli/src/fixtures/cli.ts";
import type { Json } from "../resource.ts";
import { ACCOUNT_AS_NEEDED, type Account } from "./deployed-state.ts";
import { StandIn } from "./server.ts";

const SETTINGS = { app: "imagefleet", region: "eu-west-1" } as const;
const OURS = (notifications: string) => ({ source: { bucket: "my-photos", notifications } });
const THEIRS: Json = {
  QueueConfiguration: [{ Id: "theirs", Queue: "arn:aws:sqs:eu-west-1:1:theirs", Event: ["s3:*"] }],
  EventBridgeConfiguration: {},
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-preflight-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What Docker would say: https://docs.docker.com/reference/cli/docker/buildx/inspect/ */
interface Docker {
  readonly driver: string;
  readonly platforms: string;
  readonly store: string;
}
const DOCKER: Docker = {
  driver: "docker-container",
  platforms: "linux/amd64, linux/arm64",
  store: "overlay2",
};

/** A program of Docker's name, first on the PATH. */
async function docker({ driver, platforms, store }: Docker): Promise<string> {
  const path = await mkdtemp(join(folder, "docker-"));
  const file = join(path, "docker");
  const info = JSON.stringify({ ServerVersion: "29.1.0", DriverStatus: [["driver-type", store]] });
  const builder = `Name: default\\nDriver: ${driver}\\n\\nNodes:\\nPlatforms: ${platforms}\\n`;
  await writeFile(
    file,
    `#!/bin/sh\nif [ "$1" = info ]; then echo '${info}'; else printf '${builder}'; fi\n`,
  );
  await chmod(file, 0o755);
  return path;
}

interface PreflightOutput {
  readonly checks: readonly { name: string; state: string; message: string; permission?: string }[];
}

interface Case {
  readonly what: string;
  readonly settings?: object;
  readonly account?: Partial<Account>;
  readonly docker?: Partial<Docker>;
  readonly denied?: readonly string[];
  /** Of the recipe. */
  readonly delivery?: object;
  /** The one check that is wrong, and what it says. */
  readonly name: string;
  readonly says: RegExp;
}

async function preflight(given: Omit<Case, "what" | "name" | "says">) {
  const credentials = { accessKeyId: "nobody", secretAccessKey: "none" };
  const behind = { endpoint: "http://127.0.0.1:1", credentials, names: new Map() };
  await using standIn = await StandIn.start(behind, { ...ACCOUNT_AS_NEEDED, ...given.account });
  standIn.denied = given.denied ?? [];
  const path = await docker({ ...DOCKER, ...given.docker });
  const { delivery } = given;
  const recipe = join(await mkdtemp(join(folder, "recipe-")), "recipe.mjs");
  await writeFile(recipe, `export default ${JSON.stringify({ delivery, presets: { a: "9x" } })};`);
  const at = ["--endpoint", standIn.endpoint, "--recipe", recipe];
  const ended = await run(["preflight", "--stage", "production", "--json", ...at], {
    cwd: folder,
    env: {
      PATH: `${path}:${process.env["PATH"]}`,
      HOME: folder,
      AWS_ACCESS_KEY_ID: "somebody",
      AWS_SECRET_ACCESS_KEY: "local",
      IMAGEFLEET_SETTINGS: JSON.stringify({ ...SETTINGS, ...given.settings }),
      ...RESOLVE_LOCALLY,
    },
  });
  if (ended.stdout === "") throw new Error(ended.stderr);
  const { checks }: PreflightOutput = JSON.parse(ended.stdout);
  return { code: ended.code, checks, wrong: checks.filter(({ state }) => state === "wrong") };
}

const CASES: readonly Case[] = [
  {
    what: "credentials of another account",
    settings: { accounts: ["210987654321"] },
    name: "credentials and account",
    says: /belong to account 123456789012 .* only be deployed to 210987654321/,
  },
  {
    what: "too little concurrency",
    account: { quotas: { ...ACCOUNT_AS_NEEDED.quotas, "L-B99A9384": 10 } },
    settings: { functionConcurrency: 50 },
    name: "quota of Lambda's concurrent executions",
    says: /The quota is 10, but 50 are needed/,
  },
  {
    what: "too little concurrency for all pollers",
    settings: { pollers: { min: 2, max: 200 } },
    name: "quota of Lambda's concurrent executions",
    says: /The quota is 1000, but 2000 are needed for pollers\.max 200, of 10 functions each/,
  },
  {
    what: "too few vCPUs on demand",
    account: { quotas: { ...ACCOUNT_AS_NEEDED.quotas, "L-3032A538": 0 } },
    name: "quota of Fargate On-Demand vCPUs",
    says: /The quota is 0, but 2 are needed/,
  },
  {
    what: "too few vCPUs on Spot, by AWS's default value",
    account: { quotas: {} },
    name: "quota of Fargate Spot vCPUs",
    says: /The quota is 6, but 18 are needed/,
  },
  {
    what: "too few vCPUs on demand for all tasks",
    settings: { spot: false },
    name: "quota of Fargate On-Demand vCPUs",
    says: /The quota is 6, but 20 are needed for 10 of workerTasks/,
  },
  {
    what: "no VPC left",
    account: { vpcs: 5 },
    name: "quota of VPCs",
    says: /5 of 5 are used/,
  },
  {
    what: "no internet gateway left",
    account: { gateways: 5 },
    name: "quota of internet gateways",
    says: /5 of 5 are used/,
  },
  {
    what: "no distribution left",
    account: {
      quotas: { ...ACCOUNT_AS_NEEDED.quotas, "L-24B04930": 1 },
      distributions: [{ id: "E0" }],
    },
    name: "quota of CloudFront's distributions",
    says: /1 of 1 are used in the account/,
  },
  {
    what: "no policies left",
    account: { quotas: { ...ACCOUNT_AS_NEEDED.quotas, "L-CF0D4FC5": 30 }, policies: 20 },
    name: "quota of CloudFront's cache policies",
    says: /20 of 20 are used in the account/,
  },
  {
    what: "a domain that another distribution has",
    settings: { delivery: { domain: { name: "images.example.com" } } },
    account: { distributions: [{ id: "E0" }, { id: "E1", alias: "images.example.com" }] },
    name: "domain of the distribution",
    says: /images\.example\.com belongs to the distribution E1 \(theirs\)/,
  },
  {
    what: "a certificate that CloudFront does not take",
    settings: {
      delivery: {
        domain: {
          name: "images.example.com",
          certificateArn: "arn:aws:acm:eu-west-1:123456789012:certificate/1",
        },
      },
    },
    name: "certificate of the domain",
    says: /is in eu-west-1, and CloudFront takes certificates of us-east-1 only/,
  },
  {
    what: "too little concurrency to reserve some",
    account: { quotas: { ...ACCOUNT_AS_NEEDED.quotas, "L-B99A9384": 119 } },
    settings: { delivery: { concurrency: 20 } },
    name: "quota of Lambda's reserved concurrency",
    says: /The quota is 119, but 120 are needed for delivery\.concurrency 20/,
  },
  {
    what: "no service-linked role",
    account: { serviceLinkedRoles: [] },
    name: "service-linked role of ECS",
    says: /has no AWSServiceRoleForECS/,
  },
  {
    what: "notifications that a deployment would remove",
    settings: OURS("replace"),
    account: { buckets: { "my-photos": THEIRS } },
    name: "notifications of the source bucket",
    says: /remove from my-photos: theirs to arn:aws:sqs:eu-west-1:1:theirs; the delivery to EventBridge/,
  },
  {
    what: "a bucket that does not send to EventBridge",
    settings: OURS("eventbridge"),
    account: { buckets: { "my-photos": {} } },
    name: "notifications of the source bucket",
    says: /does not send its events to EventBridge/,
  },
  {
    what: "a bucket that is not there",
    settings: OURS("by-hand"),
    name: "notifications of the source bucket",
    says: /The bucket my-photos does not exist/,
  },
  {
    what: "a builder that exports no cache",
    docker: { driver: "docker" },
    name: "Docker and its builder",
    says: /cannot export a cache/,
  },
  {
    what: "a builder for this machine's processor alone",
    docker: { platforms: "linux/amd64" },
    name: "Docker and its builder",
    says: /does not build for linux\/arm64/,
  },
];

it("finds nothing wrong with an account that has what the settings need", async () => {
  const { checks, code } = await preflight({
    docker: { driver: "docker", store: "io.containerd.snapshotter.v1" },
  });
  expect(
    checks.filter(({ state }) => state !== "ok").map(({ name, state }) => [name, state]),
  ).toEqual([["notifications of the source bucket", "none"]]);
  expect(code).toBe(0);
});

it.concurrent.each(CASES)("$what: that is named, and nothing else", async (each) => {
  const { wrong, code } = await preflight(each);
  expect(wrong).toEqual([expect.objectContaining({ name: each.name })]);
  expect(wrong[0]?.message).toMatch(each.says);
  expect(code).toBe(3);
});

it("cannot know the secret of signed sizes, and says which is needed", async () => {
  const delivery = { adhoc: {} };
  const { checks, code } = await preflight({ delivery });
  const unknown = checks.filter(({ state }) => state === "unknown");
  expect(unknown).toEqual([expect.objectContaining({ name: "signing key" })]);
  expect(unknown[0]?.message).toMatch(/fails without the secret PhotosSigningKey/);
  expect(code).toBe(0);
  const others = await preflight({ delivery, settings: { delivery: "none" } });
  expect(others.checks.map(({ name }) => name)).not.toContain("signing key");
});

it.each(["eventbridge", "by-hand"])("leaves what stands on a bucket alone, %s", async (way) => {
  const account = { buckets: { "my-photos": THEIRS } };
  const { checks, code } = await preflight({ settings: OURS(way), account });
  expect(checks.find(({ name }) => name.startsWith("notifications"))?.state).toBe("ok");
  expect(code).toBe(0);
});

it("names the permission that is lacking, and goes on", async () => {
  const { checks, code } = await preflight({
    denied: ["servicequotas:GetServiceQuota", "ec2:DescribeVpcs", "iam:GetRole"],
  });
  const unknown = checks.filter(({ state }) => state === "unknown");
  expect(unknown.map(({ permission }) => permission)).toEqual([
    "servicequotas:GetServiceQuota",
    "servicequotas:GetServiceQuota",
    "servicequotas:GetServiceQuota",
    "servicequotas:GetServiceQuota, ec2:DescribeVpcs and ec2:DescribeInternetGateways",
    "iam:GetRole",
    "servicequotas:GetServiceQuota, cloudfront:ListCachePolicies and cloudfront:ListResponseHeadersPolicies",
  ]);
  expect(code).toBe(0);
});
