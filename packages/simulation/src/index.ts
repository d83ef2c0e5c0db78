export { Alarm, type AlarmOptions, type AlarmState } from "./alarm.ts";
export { Chance } from "./chance.ts";
export { Clock } from "./clock.ts";
export { type Basis, CONSTANTS, type Constant, value } from "./constants.ts";
export {
  type DeployedResource,
  type Deployment,
  READ_INPUTS,
  readAlarm,
  readDeployment,
} from "./deployment.ts";
export { Fleet, type FleetOptions, type Job } from "./fleet.ts";
export { Account, LambdaFunction } from "./function.ts";
export { Histogram } from "./histogram.ts";
export { Mapping, type MappingOptions } from "./mapping.ts";
export { readExpression, type Series } from "./metric-math.ts";
export { type Lateness, Metrics, metricId, single } from "./metrics.ts";
export { type Message, Queue, type QueueOptions } from "./queue.ts";
export { type PolicyOptions, Service, type ServiceOptions } from "./service.ts";
export { DEFAULT_SETTINGS, deploymentFor, type ScaleSettings } from "./settings.ts";
export {
  dailyRate,
  type LargeShare,
  type Limit,
  type Load,
  type Moment,
  type SimulationOptions,
  type SimulationResult,
  simulate,
  WAIT_SECONDS,
  type Waits,
  type Work,
} from "./simulate.ts";
