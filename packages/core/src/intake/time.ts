import type { Job } from "./job.ts";

/** A time as AWS and we write it, ISO 8601; nothing where it is missing or is none. */
export function timeOf(text: string | undefined): Pick<Job, "at"> {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? {} : { at };
}
