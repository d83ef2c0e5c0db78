import * as v from "valibot";
import type { AlarmOptions } from "./alarm.ts";
import type { FunctionOptions } from "./function.ts";
import type { MappingOptions } from "./mapping.ts";
import type { QueueOptions } from "./queue.ts";
import type { PolicyOptions, ServiceOptions } from "./service.ts";

/** What of a deployed fleet scales and alarms. All of it can be written as JSON. */
export interface Deployment {
  /** By what infra/ calls them, as "Small" and "SmallDlq". */
  readonly queues: Readonly<Record<string, QueueOptions>>;
  /** As "Consume". */
  readonly functions: Readonly<Record<string, FunctionOptions>>;
  /** By the function's name in `functions`. */
  readonly mappings: Readonly<Record<string, MappingOptions & { readonly queue: string }>>;
  readonly service: ServiceOptions;
  readonly policies: readonly PolicyOptions[];
  readonly alarms: readonly AlarmOptions[];
  /** What ECS tells somebody, by the rules of EventBridge. */
  readonly events: readonly string[];
}

/** A resource as it would be sent to AWS's provider. */
export interface DeployedResource {
  /** Such as "aws:sqs/queue:Queue". */
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

const redriveSchema = v.object({ deadLetterTargetArn: v.string(), maxReceiveCount: v.number() });
const queueSchema = v.object({
  name: v.string(),
  visibilityTimeoutSeconds: v.number(),
  messageRetentionSeconds: v.number(),
  delaySeconds: v.optional(v.number(), 0),
  redrivePolicy: v.optional(v.pipe(v.string(), v.parseJson(), redriveSchema)),
});
const functionSchema = v.object({
  name: v.string(),
  memorySize: v.number(),
  timeout: v.number(),
});
const mappingSchema = v.object({
  eventSourceArn: v.string(),
  functionName: v.string(),
  batchSize: v.number(),
  maximumBatchingWindowInSeconds: v.optional(v.number(), 0),
  scalingConfig: v.optional(v.object({ maximumConcurrency: v.number() })),
  provisionedPollerConfig: v.optional(
    v.object({ minimumPollers: v.number(), maximumPollers: v.number() }),
  ),
});
const metricSchema = v.object({
  namespace: v.string(),
  metricName: v.string(),
  dimensions: v.optional(v.record(v.string(), v.string()), {}),
  stat: v.string(),
  period: v.number(),
});
const alarmSchema = v.object({
  metricQueries: v.array(
    v.object({
      id: v.string(),
      expression: v.optional(v.string()),
      returnData: v.optional(v.boolean(), false),
      metric: v.optional(metricSchema),
    }),
  ),
  comparisonOperator: v.picklist(["GreaterThanOrEqualToThreshold", "LessThanThreshold"]),
  threshold: v.number(),
  evaluationPeriods: v.number(),
  datapointsToAlarm: v.optional(v.number()),
  treatMissingData: v.picklist(["notBreaching", "breaching", "ignore", "missing"]),
  alarmActions: v.array(v.string()),
  okActions: v.optional(v.array(v.string()), []),
});
const bound = v.optional(v.pipe(v.string(), v.transform(Number)));
const policySchema = v.object({
  name: v.string(),
  stepScalingPolicyConfiguration: v.object({
    adjustmentType: v.literal("ExactCapacity"),
    cooldown: v.number(),
    stepAdjustments: v.array(
      v.object({
        metricIntervalLowerBound: bound,
        metricIntervalUpperBound: bound,
        scalingAdjustment: v.number(),
      }),
    ),
  }),
});
const targetSchema = v.object({ minCapacity: v.number(), maxCapacity: v.number() });
const serviceSchema = v.object({
  capacityProviderStrategies: v.array(
    v.object({
      capacityProvider: v.string(),
      base: v.optional(v.number(), 0),
      weight: v.optional(v.number(), 0),
    }),
  ),
  deploymentCircuitBreaker: v.optional(v.object({ enable: v.boolean() }), { enable: false }),
});
const containersSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.tuple([
    v.object({
      environment: v.array(v.object({ name: v.string(), value: v.string() })),
    }),
  ]),
);

/** The inputs of each kind of resource that {@link readDeployment} reads. */
export const READ_INPUTS: Readonly<Record<string, readonly string[]>> = {
  "aws:sqs/queue:Queue": Object.keys(queueSchema.entries),
  "aws:lambda/function:Function": Object.keys(functionSchema.entries),
  "aws:lambda/eventSourceMapping:EventSourceMapping": Object.keys(mappingSchema.entries),
  "aws:appautoscaling/target:Target": Object.keys(targetSchema.entries),
  "aws:appautoscaling/policy:Policy": Object.keys(policySchema.entries),
  "aws:ecs/service:Service": Object.keys(serviceSchema.entries),
  "aws:ecs/taskDefinition:TaskDefinition": ["containerDefinitions"],
  "aws:cloudwatch/metricAlarm:MetricAlarm": Object.keys(alarmSchema.entries),
  "aws:cloudwatch/eventRule:EventRule": [],
  "aws:scheduler/schedule:Schedule": ["target"],
};

/**
 * Reads what scales and alarms out of the resources of one fleet.
 *
 * @throws v.ValiError for a resource that is not as the model knows it, Error for one that is missing
 */
export function readDeployment(resources: readonly DeployedResource[]): Deployment {
  const all = (type: string) => resources.filter((each) => each.type === `aws:${type}`);
  const one = (type: string): DeployedResource => {
    const [found] = all(type);
    if (found === undefined) throw new Error(`the deployment has no ${type}`);
    return found;
  };
  const plain = (name: string, suffix: string) => name.slice(0, -suffix.length);
  const awake = JSON.stringify(all("scheduler/schedule:Schedule"));
  const queues = Object.fromEntries(
    all("sqs/queue:Queue").map(({ name, inputs }) => [
      plain(name, "Queue"),
      { ...v.parse(queueSchema, inputs), isAwake: false },
    ]),
  );
  const functions = Object.fromEntries(
    all("lambda/function:Function").map(({ name, inputs }) => {
      const { name: physical, memorySize, timeout } = v.parse(functionSchema, inputs);
      const options = { name: physical, memoryMb: memorySize, timeoutSeconds: timeout };
      return [plain(name, "Function"), options];
    }),
  );
  return {
    queues: Object.fromEntries(
      Object.entries(queues).map(([key, { redrivePolicy: redrive, ...queue }]) => [
        key,
        {
          name: queue.name,
          visibilitySeconds: queue.visibilityTimeoutSeconds,
          retentionSeconds: queue.messageRetentionSeconds,
          delaySeconds: queue.delaySeconds,
          isAwake: awake.includes(`/${queue.name}\\`),
          ...(redrive && {
            redrive: {
              to: partOf(queues, redrive.deadLetterTargetArn),
              maxReceives: redrive.maxReceiveCount,
            },
          }),
        },
      ]),
    ),
    functions,
    mappings: Object.fromEntries(
      all("lambda/eventSourceMapping:EventSourceMapping").map(({ inputs }) => {
        const mapping = v.parse(mappingSchema, inputs);
        const { provisionedPollerConfig: pollers } = mapping;
        return [
          partOf(functions, mapping.functionName),
          {
            queue: partOf(queues, mapping.eventSourceArn),
            batchSize: mapping.batchSize,
            windowSeconds: mapping.maximumBatchingWindowInSeconds,
            ...(mapping.scalingConfig && {
              maximumConcurrency: mapping.scalingConfig.maximumConcurrency,
            }),
            ...(pollers && {
              pollers: { min: pollers.minimumPollers, max: pollers.maximumPollers },
            }),
          },
        ];
      }),
    ),
    service: readService(
      one("appautoscaling/target:Target"),
      one("ecs/service:Service"),
      one("ecs/taskDefinition:TaskDefinition"),
    ),
    policies: all("appautoscaling/policy:Policy").map(({ inputs }) => readPolicy(inputs)),
    alarms: all("cloudwatch/metricAlarm:MetricAlarm").map(readAlarm),
    events: all("cloudwatch/eventRule:EventRule")
      .map(({ name }) => name)
      .filter((name) => name.startsWith("Worker"))
      .map((name) => name.slice("Worker".length)),
  };
}

/** By what infra/ calls the queue or function of an ARN. */
function partOf(parts: Readonly<Record<string, { readonly name: string }>>, arn: string): string {
  const found = Object.entries(parts).find(([, { name }]) => name === nameOf(arn));
  if (found === undefined) throw new Error(`the deployment has no ${arn}`);
  return found[0];
}

/** The end of an ARN. */
function nameOf(arn: string): string {
  return arn.split(/[:/]/).at(-1) ?? arn;
}

function readService(
  target: DeployedResource,
  service: DeployedResource,
  definition: DeployedResource,
): ServiceOptions {
  const { minCapacity, maxCapacity } = v.parse(targetSchema, target.inputs);
  const parsed = v.parse(serviceSchema, service.inputs);
  const strategy = (name: string) =>
    parsed.capacityProviderStrategies.find((each) => each.capacityProvider === name);
  const hasSpot = strategy("FARGATE_SPOT") !== undefined;
  const [{ environment }] = v.parse(containersSchema, definition.inputs["containerDefinitions"]);
  const number = (name: string): number => {
    const found = environment.find((each) => each.name === `IMAGEFLEET_${name}`);
    if (found === undefined) throw new Error(`the worker has no IMAGEFLEET_${name}`);
    return Number(found.value);
  };
  return {
    minTasks: minCapacity,
    maxTasks: maxCapacity,
    onDemandTasks: hasSpot ? (strategy("FARGATE")?.base ?? 0) : maxCapacity,
    hasSpot,
    jobsPerTask: number("JOBS"),
    leaseSeconds: number("LEASE_SECONDS"),
    drainSeconds: number("DRAIN_SECONDS"),
    hasBreaker: parsed.deploymentCircuitBreaker.enable,
  };
}

function readPolicy(inputs: DeployedResource["inputs"]): PolicyOptions {
  const { name, stepScalingPolicyConfiguration: steps } = v.parse(policySchema, inputs);
  return {
    name,
    cooldownSeconds: steps.cooldown,
    steps: steps.stepAdjustments.map((step) => ({
      from: step.metricIntervalLowerBound,
      to: step.metricIntervalUpperBound,
      tasks: step.scalingAdjustment,
    })),
  };
}

/** @throws v.ValiError for an alarm that is not as the model knows it */
export function readAlarm({ name, inputs }: DeployedResource): AlarmOptions {
  const alarm = v.parse(alarmSchema, inputs);
  const returned = alarm.metricQueries.find(({ returnData }) => returnData);
  if (returned === undefined) throw new Error(`the alarm ${name} compares nothing`);
  return {
    name,
    metrics: alarm.metricQueries.flatMap(({ id, metric }) =>
      metric === undefined
        ? []
        : [
            {
              id,
              namespace: metric.namespace,
              name: metric.metricName,
              dimensions: metric.dimensions,
              stat: metric.stat,
              period: metric.period,
            },
          ],
    ),
    expression: returned.expression ?? returned.id,
    comparison: alarm.comparisonOperator,
    threshold: alarm.threshold,
    periods: alarm.evaluationPeriods,
    breaching: alarm.datapointsToAlarm ?? alarm.evaluationPeriods,
    missing: alarm.treatMissingData,
    actions: alarm.alarmActions.map(nameOf),
    okActions: alarm.okActions.map(nameOf),
  };
}
