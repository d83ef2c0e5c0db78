import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The file name, in the folder of the servers' database. */
const FILE = "secret-access-key";

/** The length of AWS's secrets: 30 random bytes in base64. */
const PATTERN = /^[\w+/]{40}$/;

/**
 * Reads or creates the folder's secret. Only the process that has the folder's database open calls
 * this. Only the folder's owner can read the file.
 */
export function keepSecret(dataDir: string): string {
  const kept = readSecret(dataDir);
  if (kept !== undefined) return kept;
  const secret = randomBytes(30).toString("base64");
  const file = join(dataDir, FILE);
  // The rename is atomic: a killed process leaves no partial secret.
  writeFileSync(`${file}.new`, `${secret}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return secret;
}

/** @returns undefined when no server has been started, or the file is invalid */
export function readSecret(dataDir: string): string | undefined {
  try {
    const secret = readFileSync(join(dataDir, FILE), "utf8").trim();
    return PATTERN.test(secret) ? secret : undefined;
  } catch {
    return undefined;
  }
}
