import { wholeNumber } from "@imagefleet/core/env";
import * as v from "valibot";

const memory = v.optional(wholeNumber(128, 10_240));

/** The variables that tell a function's memory, in MB. */
export const functionMemoryVariables = {
  /**
   * In `sst dev` Lambda's own variable is missing, because the bridge does not pass it on:
   * https://github.com/anomalyco/sst/blob/dev/platform/functions/bridge/bridge.go (ENV_BLACKLIST)
   */
  IMAGEFLEET_FUNCTION_MEMORY_MB: memory,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: memory,
};

/** The smaller of the two. @throws Error if neither is set */
export function memoryMibOf(
  program: string,
  env: Readonly<Partial<Record<keyof typeof functionMemoryVariables, number | undefined>>>,
): number {
  const given = [env.IMAGEFLEET_FUNCTION_MEMORY_MB, env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE];
  const known = given.filter((each) => each !== undefined);
  if (known.length === 0) {
    throw new Error(`${program} cannot start: IMAGEFLEET_FUNCTION_MEMORY_MB is not set`);
  }
  return Math.min(...known);
}
