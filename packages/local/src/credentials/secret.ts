import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** In the folder of the servers' database. */
const FILE = "secret-access-key";

/** The length of AWS's own: 30 random bytes in base64. */
const PATTERN = /^[\w+/]{40}$/;

/**
 * The folder's secret, made when it has none. Only the process that holds the folder's database calls
 * this; nobody but the folder's owner can read the file.
 */
export function keepSecret(dataDir: string): string {
  const kept = readSecret(dataDir);
  if (kept !== undefined) return kept;
  const secret = randomBytes(30).toString("base64");
  const file = join(dataDir, FILE);
  // Renamed into its place: a process that is killed in between leaves no half of a secret.
  writeFileSync(`${file}.new`, `${secret}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return secret;
}

/** @returns undefined where no server has been started, or the file is not its own any more */
export function readSecret(dataDir: string): string | undefined {
  try {
    const secret = readFileSync(join(dataDir, FILE), "utf8").trim();
    return PATTERN.test(secret) ? secret : undefined;
  } catch {
    return undefined;
  }
}
