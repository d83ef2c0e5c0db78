import { join } from "node:path";
import {
  DEFAULT_SETTINGS,
  type Deployment,
  deploymentFor,
  READ_INPUTS,
  readDeployment,
  type ScaleSettings,
} from "@imagefleet/simulation";
import { expect, it } from "vitest";
import { graphsOf, type Name } from "../infra/variants.ts";

const SHIPPED = join(import.meta.dirname, "..", "..", "packages", "simulation", "src");

const HEAD = `import type { DeployedResource } from "./deployment.ts";

/** What infra/ deploys with uploads, catalog and invalidations: written by test/simulation/shipped.test.ts. */
export const SHIPPED: readonly DeployedResource[] = `;

/** The settings of infra's variants, as the model takes them. */
const SETTINGS = {
  production: DEFAULT_SETTINGS,
  "all settings": {
    ...DEFAULT_SETTINGS,
    functionConcurrency: 50,
    workerTasks: 30,
    onDemandTasks: 3,
    invalidate: true,
    distributes: false,
  },
  "its own network and intake": {
    ...DEFAULT_SETTINGS,
    functionConcurrency: undefined,
    pollers: { min: 3, max: 40 },
    spot: false,
  },
  "uploads and catalog": { ...DEFAULT_SETTINGS, uploads: true, catalog: true, invalidate: true },
} satisfies Partial<Record<Name, ScaleSettings>>;

const NAMES = [
  "production",
  "all settings",
  "its own network and intake",
  "uploads and catalog",
] as const;
const graph = graphsOf(...NAMES);

/** The end of a physical name is random. */
const RANDOM = /(imagefleet-production-\w+)-[a-z]{8}\b/g;

/** Without what differs between two graphs of the same settings. */
function plain(deployment: Deployment): unknown {
  const byName = <T extends { readonly name: string }>(parts: readonly T[]) =>
    [...parts].sort((a, b) => (a.name < b.name ? -1 : 1));
  const sorted = {
    ...deployment,
    alarms: byName(deployment.alarms),
    policies: byName(deployment.policies),
    events: [...deployment.events].sort(),
  };
  return JSON.parse(JSON.stringify(sorted).replaceAll(RANDOM, "$1"));
}

it("the shipped deployment is what is recorded of infra", async () => {
  const read = graph("uploads and catalog").resources.flatMap(({ type, name, inputs }) => {
    const keys = READ_INPUTS[type];
    if (keys === undefined) return [];
    const own = keys.filter((key) => key in inputs).map((key) => [key, inputs[key]]);
    return [{ type, name, inputs: Object.fromEntries(own) }];
  });
  read.sort((a, b) => (`${a.type} ${a.name}` < `${b.type} ${b.name}` ? -1 : 1));
  const json = JSON.stringify(read, null, 1).replaceAll(RANDOM, "$1");
  await expect(`${HEAD}${json};\n`).toMatchFileSnapshot(
    join(SHIPPED, "shipped.ts"),
    "Review the change, then write it by: npm test -- --update=all test/simulation/shipped.test.ts",
  );
});

it.each(NAMES)("the settings of %s change it as infra does", (name) => {
  const recorded = readDeployment(graph(name).resources);
  expect(plain(deploymentFor(SETTINGS[name]))).toEqual(plain(recorded));
});
