import { PRICES } from "./prices.ts";

/** As infra configures it. Lambda has one vCPU per 1,769 MiB. */
export const FUNCTION = { gib: 2, vcpus: 2048 / 1769 } as const;

/** As infra configures it. */
export const TASK = { gib: 4, vcpus: 2, diskGib: 21 } as const;

/** The time that an image needs, s. */
export interface Taken {
  /** CPU time of all threads, on a CPU like this machine's. */
  readonly cpuSeconds: number;
  /** Time without CPU use: waiting for S3, with no other image in flight. */
  readonly waitSeconds: number;
}

/** The billed time of the function, s, if it uses its vCPUs fully. */
export function functionSeconds({ cpuSeconds, waitSeconds }: Taken): number {
  return cpuSeconds / FUNCTION.vcpus + waitSeconds;
}

/** The time of a task, s. */
export function taskSeconds({ cpuSeconds, waitSeconds }: Taken): number {
  return cpuSeconds / TASK.vcpus + waitSeconds;
}

/** The price of a second of the function, USD, without requests. */
export const FUNCTION_SECOND_USD = FUNCTION.gib * PRICES.lambda.gibSecond;

/** The price of a second of an on-demand task, USD, with its disk and address. */
export const TASK_SECOND_USD =
  TASK.vcpus * PRICES.fargate.vcpuSecond +
  TASK.gib * PRICES.fargate.gibSecond +
  (TASK.diskGib - 20) * PRICES.fargate.diskGibSecond +
  PRICES.fargate.addressSecond;
