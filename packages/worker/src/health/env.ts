import { tmpdir } from "node:os";
import { join } from "node:path";
import { name, parseEnv, wholeNumber } from "@imagefleet/core/env";
import * as v from "valibot";

/** The variables that the worker and its health check both read. */
export const healthVariables = {
  /** The folder to download into. */
  IMAGEFLEET_SCRATCH: v.optional(name, join(tmpdir(), "imagefleet")),
  /** Where the worker says that it is well; in the scratch folder unless told. */
  IMAGEFLEET_HEALTH_FILE: v.optional(name),
  /** How often it says so. */
  IMAGEFLEET_HEALTH_SECONDS: v.optional(wholeNumber(1, 3600), "5"),
};

const variables = v.object(healthVariables);

export function healthFile(env: v.InferOutput<typeof variables>): string {
  return env.IMAGEFLEET_HEALTH_FILE ?? join(env.IMAGEFLEET_SCRATCH, "health.json");
}

/** @throws Error naming each variable that is wrong */
export function readHealthEnv(): { readonly file: string; readonly everyMs: number } {
  const env = parseEnv("the health check", variables, process.env);
  return { file: healthFile(env), everyMs: env.IMAGEFLEET_HEALTH_SECONDS * 1000 };
}
