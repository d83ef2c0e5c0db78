import { tmpdir } from "node:os";
import { join } from "node:path";
import { name, parseEnv, wholeNumber } from "@imagefleet/core/env";
import * as v from "valibot";

/** The variables that the worker and its health check both read. */
export const healthVariables = {
  /** The folder for downloads. */
  IMAGEFLEET_SCRATCH: v.optional(name, join(tmpdir(), "imagefleet")),
  /** The file for the health reports. Default: in the folder for downloads. */
  IMAGEFLEET_HEALTH_FILE: v.optional(name),
  /** The interval of the reports, s. */
  IMAGEFLEET_HEALTH_SECONDS: v.optional(wholeNumber(1, 3600), "5"),
};

const variables = v.object(healthVariables);

/** The path of the file for the health reports. */
export function healthFile(env: v.InferOutput<typeof variables>): string {
  return env.IMAGEFLEET_HEALTH_FILE ?? join(env.IMAGEFLEET_SCRATCH, "health.json");
}

/** Reads the environment of the health check. @throws Error with each variable that is invalid */
export function readHealthEnv(): { readonly file: string; readonly everyMs: number } {
  const env = parseEnv("the health check", variables, process.env);
  return { file: healthFile(env), everyMs: env.IMAGEFLEET_HEALTH_SECONDS * 1000 };
}
