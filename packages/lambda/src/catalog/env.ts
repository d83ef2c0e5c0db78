import { name, parseEnv, url } from "@imagefleet/core/env";
import { LOG_LEVELS } from "@imagefleet/core/telemetry";
import { UPLOAD_KEY } from "@imagefleet/core/uploads";
import * as v from "valibot";

/** The variables that the function reads. Lambda and infra set them. */
const envSchema = v.object({
  AWS_REGION: name,
  AWS_ENDPOINT_URL: v.optional(url),
  IMAGEFLEET_RENDITION_BUCKET: name,
  IMAGEFLEET_SOURCE_BUCKETS: name,
  IMAGEFLEET_TABLE: name,
  /** Where notifications go; without both, there are no notifications. */
  IMAGEFLEET_TOPIC_ARN: v.optional(name),
  IMAGEFLEET_EVENT_BUS: v.optional(name),
  /** What addresses of renditions begin with. Without it there are none in items. */
  IMAGEFLEET_IMAGES_URL: v.optional(url),
  /** The template of the keys of uploads. */
  IMAGEFLEET_UPLOAD_KEY: v.optional(name, UPLOAD_KEY),
  /** A recipe that replaces the bundled one. */
  IMAGEFLEET_RECIPE: v.optional(name),
  IMAGEFLEET_LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS), "info"),
});

/** Reads the environment. @throws Error with each variable that is missing or invalid */
export function readEnv() {
  return parseEnv("catalog", envSchema, process.env);
}
