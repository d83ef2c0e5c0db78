import type { AlarmOptions, Deployment } from "@imagefleet/simulation";
import { findingsOf } from "./expectations.ts";
import { historyOf, play } from "./history.ts";

/** A deployment with one thing that somebody might get wrong. */
export interface Mutant {
  readonly name: string;
  readonly deployment: Deployment;
}

const OTHER_STATISTIC: Readonly<Record<string, string>> = {
  Maximum: "Minimum",
  Sum: "Average",
  Average: "Sum",
  p95: "Minimum",
};

/** All mutants of the alarms that tell somebody, and of the scaling. */
export function mutantsOf(deployment: Deployment): Mutant[] {
  const scales = ({ actions }: AlarmOptions) =>
    deployment.policies.some(({ name }) => actions.includes(name));
  const scaling = deployment.alarms.filter(scales);
  return [
    ...deployment.alarms.flatMap((alarm) =>
      alarmMutants(alarm).map(([what, changed]) => ({
        name: `${alarm.name}: ${what}`,
        // Only what scales besides: it is quicker, and the others are other mutants.
        deployment: {
          ...deployment,
          alarms: [...scaling.filter(({ name }) => name !== alarm.name), changed],
        },
      })),
    ),
    ...deployment.policies.flatMap((policy) =>
      policyMutants(policy).map(([what, changed]) => ({
        name: `${policy.name.replace(/^.*-/, "")}: ${what}`,
        deployment: {
          ...deployment,
          alarms: scaling,
          policies: deployment.policies.map((each) => (each === policy ? changed : each)),
        },
      })),
    ),
    {
      name: "the large lane's queue sleeps",
      deployment: {
        ...deployment,
        alarms: scaling,
        queues: Object.fromEntries(
          Object.entries(deployment.queues).map(([name, queue]) => [
            name,
            { ...queue, isAwake: false },
          ]),
        ),
      },
    },
  ];
}

function alarmMutants(alarm: AlarmOptions): (readonly [string, AlarmOptions])[] {
  const { expression, metrics, periods, breaching, threshold, missing } = alarm;
  const filled = metrics.reduce(
    (text, { id }) => text.replaceAll(new RegExp(`\\b${id}\\b`, "g"), `FILL(${id}, 0)`),
    expression,
  );
  // What is counted as sent, where a metric is.
  const changed = Math.max(
    0,
    metrics.findIndex(({ id }) => id === "sent"),
  );
  return [
    ["missing values are 0", { ...alarm, expression: filled }],
    [
      "another statistic",
      {
        ...alarm,
        metrics: metrics.map((each, at) =>
          at === changed ? { ...each, stat: OTHER_STATISTIC[each.stat] ?? each.stat } : each,
        ),
      },
    ],
    [
      "missing data is taken otherwise",
      { ...alarm, missing: missing === "breaching" ? "notBreaching" : "breaching" },
    ],
    ["a threshold ten times as high", { ...alarm, threshold: threshold * 10 }],
    ["a threshold of a tenth", { ...alarm, threshold: Math.floor(threshold / 10) }],
    ["many more periods", { ...alarm, periods: periods * 30, breaching: periods * 30 }],
    ...(breaching > 1
      ? ([["one period is enough", { ...alarm, breaching: 1 }]] as const)
      : periods > 1
        ? ([["all periods are needed", { ...alarm, breaching: periods }]] as const)
        : []),
  ];
}

type Policy = Deployment["policies"][number];

function policyMutants(policy: Policy): (readonly [string, Policy])[] {
  const [first] = policy.steps;
  return [
    ["one task always", { ...policy, steps: policy.steps.map((step) => ({ ...step, tasks: 1 })) }],
    [
      "no task at all",
      {
        ...policy,
        steps: policy.steps.map((step) => ({ ...step, tasks: step.tasks === 0 ? 1 : 0 })),
      },
    ],
    ...(policy.steps.length > 1 && first
      ? ([["the first step alone", { ...policy, steps: [first] }]] as const)
      : []),
    ["a cooldown of an hour", { ...policy, cooldownSeconds: 3600 }],
    ["steps from the metric, not from the threshold", shifted(policy)],
  ];
}

function shifted(policy: Policy): Policy {
  const by = (each: number | undefined) => (each === undefined ? undefined : each + 10);
  return {
    ...policy,
    steps: policy.steps.map((step) => ({ ...step, from: by(step.from), to: by(step.to) })),
  };
}

/** Mutants that do the same as the deployment, and why. */
export const EQUIVALENT: Readonly<Record<string, string>> = {
  "WorkerMissing: missing values are 0":
    "with fifteen of 28 minutes, those without data may count as minutes in which nothing waits",
  "WorkerMissing: another statistic": "a metric of SQS has one value a minute",
  "LargeBacklog: another statistic": "a metric of SQS has one value a minute",
  "LargeBacklog: missing data is taken otherwise": "without a value no step of the policy applies",
  "LargeEmpty: another statistic": "a metric of SQS has one value a minute",
  "LargeEmpty: missing values are 0": "missing data breaches, and so does 0",
  "ConsumeThrottles: another statistic": "Lambda tries a throttled batch again every second",
  "ConsumeThrottles: a threshold ten times as high":
    "Lambda tries a throttled batch again every second",
  "WorkerIdle: steps from the metric, not from the threshold": "an empty lane is below both",
  "WorkerIdle: a cooldown of an hour": "a scale-out ends it, and nothing else would scale in",
  "TableThrottles: another statistic": "DynamoDB reports nothing where there are none",
  "TableThrottles: a threshold of a tenth": "DynamoDB reports nothing where there are none",
  "TableErrors: another statistic": "DynamoDB reports nothing where there are none",
  "TableErrors: a threshold of a tenth": "DynamoDB reports nothing where there are none",
};

/**
 * The first history that finds a mutant.
 *
 * @returns undefined if none of the first `most` does
 */
export function catcherOf({ name, deployment }: Mutant, most: number): number | undefined {
  const isLong = /Retention|^(Catalog|Invalidate)DeadLetters/.test(name);
  for (let seed = 1; seed <= most; seed++) {
    const history = historyOf(seed);
    // Of many days only where the alarm takes days.
    if (
      history.isLong === isLong &&
      findingsOf(history, play(history, deployment), deployment).length > 0
    ) {
      return seed;
    }
  }
  return undefined;
}
