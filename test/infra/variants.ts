import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll } from "vitest";
import { ensurePlatform } from "../../scripts/sst/platform.ts";
import { buildGraph } from "./build.ts";
import { fleetIn } from "./fleet.ts";
import type { Graph, Variant } from "./resource.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** With each field of `delivery`. */
export const SIGNED_SIZES = `import { defineRecipe } from "@imagefleet/core/recipe";
export default defineRecipe({
  delivery: { classic: true, manifests: true, adhoc: { maxWidth: 1000 } },
  presets: { thumb: "150x150", hero: { widths: [400, 800], formats: ["avif", "webp", "jpeg"] } },
});
`;

/** What is built and held against the rules. */
export const VARIANTS = {
  production: { stage: "production" },
  "a stage of its own": { stage: "review-7" },
  "sst dev": { stage: "anna", dev: true, settings: { delivery: { invalidate: true } } },
  "sst dev with uploads": {
    stage: "anna",
    dev: true,
    settings: {
      uploads: { authorizer: { jwt: { issuer: "https://login.example.com", audiences: ["a"] } } },
    },
  },
  "a bucket that is there": {
    stage: "production",
    settings: {
      source: { bucket: "my-photos", notifications: "replace" },
      traces: "http://collector.example.com:4318/v1/traces",
    },
  },
  "all settings": {
    stage: "production",
    settings: {
      source: {
        bucket: "my-photos",
        notifications: "by-hand",
        kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/theirs",
      },
      encryption: "kms",
      distribution: "arn:aws:cloudfront::123456789012:distribution/E1ABC",
      delivery: { invalidate: true },
      alarmEmails: ["oncall@example.com", "photos@example.com"],
      monthlyBudgetUsd: 200,
      functionConcurrency: 50,
      workerTasks: 30,
      onDemandTasks: 3,
      metrics: false,
      traces: "xray",
      tracedShare: 0.5,
    },
  },
  "its own network and intake": {
    stage: "production",
    settings: {
      source: { bucket: "my-photos", notifications: "eventbridge" },
      network: { vpcId: "vpc-0a1", subnets: ["subnet-0a1"], publicAddresses: false },
      accounts: ["123456789012"],
      formerKeys: ["arn:aws:kms:eu-west-1:123456789012:key/former"],
      pollers: { min: 3, max: 40 },
      spot: false,
    },
  },
  "all that can be brought": {
    stage: "production",
    settings: {
      source: { bucket: "my-photos", notifications: "by-hand" },
      renditions: {
        bucket: "my-renditions",
        kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/theirs",
      },
      network: { vpcId: "vpc-0a1", subnets: ["subnet-0a1"], publicAddresses: false },
      alarmTopic: "arn:aws:sns:eu-west-1:123456789012:pager",
      delivery: { alarmTopic: "arn:aws:sns:us-east-1:123456789012:pager" },
      monthlyBudgetUsd: 100,
      roles: {
        permissionsBoundary: "arn:aws:iam::123456789012:policy/boundary",
        namePrefix: "platform-",
        tags: { owner: "photos" },
      },
    },
  },
  "a key that is there": {
    stage: "production",
    settings: { encryption: { kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/mine" } },
  },
  "uploads from a browser": {
    stage: "production",
    settings: {
      uploadOrigins: ["https://app.example.com"],
      keepDeletedDays: 7,
      archiveAfterDays: 60,
      network: { cidr: "10.30.0.0/16" },
    },
  },
  encrypted: { stage: "production", settings: { encryption: "kms" } },
  "thrown away with its key": { stage: "review-8", settings: { encryption: "kms" } },
  "delivered from a domain": {
    stage: "production",
    settings: {
      delivery: {
        domain: { name: "images.example.com" },
        keyGroups: ["8f1b5c1e-0000-4000-8000-123456789012"],
        requestsPer5Minutes: 3000,
        originShield: "eu-west-1",
        accessLogs: "arn:aws:s3:::my-logs",
        concurrency: 50,
        hitRatioAlarm: true,
      },
      alarmEmails: ["oncall@example.com"],
    },
  },
  "delivered in signed sizes": { stage: "production", recipe: SIGNED_SIZES },
  "delivered and invalidated": {
    stage: "production",
    settings: { delivery: { invalidate: true } },
  },
  "uploads and catalog": {
    stage: "production",
    settings: {
      uploads: {
        authorizer: { jwt: { issuer: "https://login.example.com/", audiences: ["photos"] } },
      },
      uploadOrigins: ["https://app.example.com"],
      delivery: { invalidate: true },
    },
  },
  "uploads and catalog, encrypted": {
    stage: "production",
    settings: {
      uploads: {
        authorizer: { lambda: "arn:aws:lambda:eu-west-1:123456789012:function:who" },
        key: "in/{user}/{id}.{ext}",
        maxBytes: 5_000_000,
        types: ["image/jpeg"],
        requestsPerSecond: 5,
      },
      notifications: { eventBus: "default" },
      encryption: "kms",
    },
  },
  "a catalog in a stage of its own": { stage: "review-9", settings: { catalog: true } },
  "a catalog of what is there": {
    stage: "production",
    settings: {
      source: { bucket: "my-photos", notifications: "by-hand" },
      renditions: { bucket: "my-renditions", notifications: "replace" },
      catalog: true,
      notifications: {
        topicArn: "arn:aws:sns:eu-west-1:123456789012:pictures",
        eventBus: "arn:aws:events:eu-west-1:123456789012:event-bus/pictures",
      },
    },
  },
  "not delivered": { stage: "production", settings: { delivery: "none" } },
  replicated: { stage: "production", settings: { replicateTo: "arn:aws:s3:::far-away" } },
} as const satisfies Record<string, Variant>;
export type Name = keyof typeof VARIANTS;
export const NAMES = Object.keys(VARIANTS).filter(isName);

/** What the first run may take to install SST's components, and any run to build the variants. */
const PREPARE_MS = 240_000;

/**
 * Has variants built before the tests of a file.
 *
 * @returns what gives the graph of each, in its tests
 */
export function graphsOf<const N extends Name>(...names: readonly N[]): (name: N) => Graph {
  const graphs = new Map<Name, Graph>();
  const waiting = [...names];
  const build = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      graphs.set(next, fleetIn(await builtOnce(next), "Photos"));
    }
  };
  beforeAll(async () => {
    await ensurePlatform(ROOT);
    // Two at a time: each is a process that loads all of SST.
    await Promise.all([build(), build()]);
  }, PREPARE_MS);
  return (name) => {
    const graph = graphs.get(name);
    if (graph === undefined) throw new Error(`${name} was not built`);
    return graph;
  };
}

/** The graph of a variant, from another file of the same run of the tests if one has built it. */
async function builtOnce(name: Name): Promise<Graph> {
  const folder = process.env["IMAGEFLEET_SHARED"];
  if (folder === undefined) return buildGraph(VARIANTS[name]);
  const file = join(folder, `${name}.json`);
  try {
    const kept: Graph = JSON.parse(await readFile(file, "utf8"));
    return kept;
  } catch {
    const graph = await buildGraph(VARIANTS[name]);
    const part = `${file}.${process.pid}`;
    await writeFile(part, JSON.stringify(graph));
    await rename(part, file);
    return graph;
  }
}

function isName(text: string): text is Name {
  return text in VARIANTS;
}
