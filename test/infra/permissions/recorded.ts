import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Who calls AWS. */
export const ROLES = [
  "function",
  "deliver",
  "invalidate",
  "catalog",
  "uploads",
  "worker",
  "viewer",
  "operator",
  "doctor",
] as const;
export type Role = (typeof ROLES)[number];

const RECORDED = join(import.meta.dirname, "../../permissions/recorded");

/** What a role was recorded to need: by grant, as `s3:GetObject source/*`, the calls that need it. */
export function recorded(role: Role): Readonly<Record<string, string>> {
  const needed: Record<string, string> = JSON.parse(
    readFileSync(join(RECORDED, `${role}.json`), "utf8"),
  );
  return needed;
}
