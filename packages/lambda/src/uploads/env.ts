import { name, parseEnv, url } from "@imagefleet/core/env";
import { LOG_LEVELS } from "@imagefleet/core/telemetry";
import { UPLOAD_EXTENSIONS, UPLOAD_KEY } from "@imagefleet/core/uploads";
import * as v from "valibot";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
export const typesSchema = v.pipe(
  v.array(v.picklist(Object.keys(UPLOAD_EXTENSIONS))),
  v.minLength(1),
);

/** The settings of uploads without their authorizer, as JSON. */
const settingsSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    /** The template of the keys, after the recipe's `source.prefix`. */
    key: v.optional(v.string(), UPLOAD_KEY),
    maxBytes: count,
    types: typesSchema,
    /** The most uploads of a user in an hour, and bytes in a day. */
    perHour: count,
    bytesPerDay: count,
  }),
);

/** The variables that the function reads. Lambda and infra set them. */
const envSchema = v.object({
  AWS_REGION: name,
  AWS_ENDPOINT_URL: v.optional(url),
  IMAGEFLEET_SOURCE_BUCKET: name,
  IMAGEFLEET_TABLE: name,
  IMAGEFLEET_UPLOADS: settingsSchema,
  /** What addresses of renditions begin with. Without it there are none in answers. */
  IMAGEFLEET_IMAGES_URL: v.optional(url),
  /** A recipe that replaces the bundled one. */
  IMAGEFLEET_RECIPE: v.optional(name),
  IMAGEFLEET_LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS), "info"),
});

/** Reads the environment. @throws Error with each variable that is missing or invalid */
export function readEnv() {
  return parseEnv("uploads", envSchema, process.env);
}
export type UploadSettings = v.InferOutput<typeof settingsSchema>;
