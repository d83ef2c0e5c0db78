import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as v from "valibot";

/** The principals: the functions with Lambda's calls for them, the worker, and users. */
export type Role =
  | "function"
  | "deliver"
  | "invalidate"
  | "catalog"
  | "uploads"
  | "worker"
  | "viewer"
  | "operator"
  | "doctor";

/** The permissions of a role: the calls by grant, such as `s3:GetObject source/*`. */
export type Needed = Readonly<Record<string, string>>;

const neededSchema = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.string()));

/** The file of a role, which test/infra also reads. */
export function recordedFile(role: Role): string {
  return fileURLToPath(new URL(`recorded/${role}.json`, import.meta.url));
}

/** The recorded permissions of a role, from the tests that run all of its functions. */
export function recorded(role: Role): Needed {
  return v.parse(neededSchema, readFileSync(recordedFile(role), "utf8"));
}

/** The format of the file. */
export function asFile(needed: Needed): string {
  return `${JSON.stringify(needed, null, 2)}\n`;
}

/** Grants that a role needed and that are not recorded. */
export function unrecorded(role: Role, needed: Needed): string[] {
  const known = recorded(role);
  return Object.keys(needed).filter((grant) => !(grant in known));
}
