import { name, parseEnv } from "@imagefleet/core/env";
import { LOG_LEVELS } from "@imagefleet/core/telemetry";
import * as v from "valibot";

/** The variables that the function reads. Lambda and infra set them. */
const envSchema = v.object({
  /** The distribution in front of the renditions. */
  IMAGEFLEET_DISTRIBUTION_ID: name,
  /** A recipe that replaces the bundled one. */
  IMAGEFLEET_RECIPE: v.optional(name),
  IMAGEFLEET_LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS), "info"),
});

/** Reads the environment. @throws Error with each variable that is missing or invalid */
export function readEnv() {
  return parseEnv("invalidate", envSchema, process.env);
}
