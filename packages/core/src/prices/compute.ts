import { PRICES } from "./prices.ts";

/** As infra makes it. Lambda gives a processor for every 1,769 MiB. */
export const FUNCTION = { gib: 2, vcpus: 2048 / 1769 } as const;

/** As infra makes it. */
export const TASK = { gib: 4, vcpus: 2, diskGib: 21 } as const;

/** What an image takes where it runs, s. */
export interface Taken {
  /** Of all threads, on a processor like this machine's. */
  readonly cpuSeconds: number;
  /** When no processor is busy: S3 is waited for, and nothing else is in hand. */
  readonly waitSeconds: number;
}

/** How long the function is billed for, s, its share of the processors being used up. */
export function functionSeconds({ cpuSeconds, waitSeconds }: Taken): number {
  return cpuSeconds / FUNCTION.vcpus + waitSeconds;
}

/** How long a task works at it, s. */
export function taskSeconds({ cpuSeconds, waitSeconds }: Taken): number {
  return cpuSeconds / TASK.vcpus + waitSeconds;
}

/** A second of the function, USD; requests are extra. */
export const FUNCTION_SECOND_USD = FUNCTION.gib * PRICES.lambda.gibSecond;

/** A second of a task on demand, USD, its disk and its address counted. */
export const TASK_SECOND_USD =
  TASK.vcpus * PRICES.fargate.vcpuSecond +
  TASK.gib * PRICES.fargate.gibSecond +
  (TASK.diskGib - 20) * PRICES.fargate.diskGibSecond +
  PRICES.fargate.addressSecond;
