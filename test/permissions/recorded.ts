import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as v from "valibot";

/** Who calls AWS: the function with what Lambda does for it, the worker, and people. */
export type Role = "function" | "worker" | "viewer" | "operator" | "doctor";

/** What a role needs: by grant, as `s3:GetObject source/*`, the calls that need it. */
export type Needed = Readonly<Record<string, string>>;

const neededSchema = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.string()));

/** Where it is written down; test/infra reads it from there. */
export function recordedFile(role: Role): string {
  return fileURLToPath(new URL(`recorded/${role}.json`, import.meta.url));
}

/** What a role was recorded to need, by the tests that drive it through all that it does. */
export function recorded(role: Role): Needed {
  return v.parse(neededSchema, readFileSync(recordedFile(role), "utf8"));
}

/** As it stands in the file. */
export function asFile(needed: Needed): string {
  return `${JSON.stringify(needed, null, 2)}\n`;
}

/** Grants that a role was seen to need, and is not recorded with. */
export function unrecorded(role: Role, needed: Needed): string[] {
  const known = recorded(role);
  return Object.keys(needed).filter((grant) => !(grant in known));
}
