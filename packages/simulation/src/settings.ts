import { type Deployment, readDeployment } from "./deployment.ts";
import { SHIPPED } from "./shipped.ts";

/** The settings of a stage that change what scales and alarms. */
export interface ScaleSettings {
  /** Functions at once, without `pollers`. */
  readonly functionConcurrency?: number | undefined;
  /** Provisioned mode. */
  readonly pollers?: { readonly min: number; readonly max: number } | undefined;
  readonly workerTasks: number;
  readonly spot: boolean;
  /** Tasks that do not run on Spot. */
  readonly onDemandTasks: number;
  readonly catalog: boolean;
  readonly uploads: boolean;
  readonly invalidate: boolean;
  /** Whether renditions are made on request, and delivered by a new distribution. */
  readonly delivers: boolean;
  readonly distributes: boolean;
}

/** As infra/settings-schema.ts has them for a stage that sets nothing. */
export const DEFAULT_SETTINGS: ScaleSettings = {
  functionConcurrency: 8,
  workerTasks: 10,
  spot: true,
  onDemandTasks: 1,
  catalog: false,
  uploads: false,
  invalidate: false,
  delivers: true,
  distributes: true,
};

/** The most steps of a policy of Application Auto Scaling. */
const MOST_STEPS = 20;

/**
 * The deployment with these settings: what was recorded of infra/, changed as infra/ changes it. A test
 * compares the two for each setting.
 *
 * @example
 * deploymentFor({ ...DEFAULT_SETTINGS, functionConcurrency: 50 }).mappings["Consume"];
 */
export function deploymentFor(settings: ScaleSettings): Deployment {
  const all = readDeployment(SHIPPED);
  const isThere = (name: string) =>
    (settings.catalog || !/^(Catalog|Projector|Table|Notifications)/.test(name)) &&
    (settings.uploads || !/^Upload/.test(name)) &&
    (settings.invalidate || !/^Invalidat/.test(name)) &&
    (settings.delivers || !/^Deliver/.test(name)) &&
    (settings.distributes || !/^Edge/.test(name));
  const only = <T>(parts: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(parts).filter(([name]) => isThere(name)));
  const { pollers, functionConcurrency, workerTasks, spot, onDemandTasks } = settings;
  const mappings = only(all.mappings);
  const { maximumConcurrency: _, ...consume } = mappings["Consume"] ?? {
    queue: "Small",
    batchSize: 10,
    windowSeconds: 1,
  };
  return {
    ...all,
    queues: only(all.queues),
    functions: only(all.functions),
    mappings: {
      ...mappings,
      Consume: pollers
        ? { ...consume, pollers, windowSeconds: 0 }
        : { ...consume, maximumConcurrency: functionConcurrency ?? 8 },
    },
    service: {
      ...all.service,
      maxTasks: workerTasks,
      hasSpot: spot,
      onDemandTasks: spot ? onDemandTasks : workerTasks,
    },
    policies: all.policies.map((policy) =>
      policy.steps.length > 1 ? { ...policy, steps: stepsFor(policy.steps, workerTasks) } : policy,
    ),
    alarms: all.alarms.filter(({ name }) => isThere(name)),
  };
}

type Steps = Deployment["policies"][number]["steps"];

/** A task for every started share, in at most {@link MOST_STEPS} steps: `backlogSteps` of infra/scaling.ts. */
function stepsFor([first]: Steps, tasks: number): Steps {
  const perTask = first?.to ?? 1;
  const stride = Math.ceil(tasks / MOST_STEPS);
  const count = Math.ceil(tasks / stride);
  return Array.from({ length: count }, (_, step) => ({
    from: step * stride * perTask,
    to: step < count - 1 ? (step + 1) * stride * perTask : undefined,
    tasks: Math.min(tasks, (step + 1) * stride),
  }));
}
