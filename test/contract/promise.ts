import { test } from "vitest";
import { knownGaps } from "./known-gaps.ts";
import { serverMissing, serverName } from "./server.ts";

/**
 * One promise that AWS keeps and the fleet relies on. On a server whose list of
 * known gaps names it, the promise must be broken: a gap that has closed fails
 * here until its name is taken off the list. The promises of a file are tried side
 * by side, since most of their time is waiting: none may touch another's queue or key.
 *
 * @param timeoutMs longer for one that takes thousands of requests
 */
export function promise(name: string, keep: () => Promise<void>, timeoutMs = 30_000): void {
  if (serverMissing) test.skip(name);
  else if (!knownGaps[serverName].includes(name)) test.concurrent(name, keep, timeoutMs);
  else
    test.concurrent.fails(
      `${name} (known gap of ${serverName}; if this fails, take it off known-gaps.ts)`,
      keep,
      timeoutMs,
    );
}

/** The error that a request ends with: its name and HTTP status, as the fleet tells errors apart. */
export async function errorOf(
  request: Promise<unknown>,
): Promise<{ name: string; status: number }> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const metadata: unknown = "$metadata" in error ? error.$metadata : undefined;
    const status =
      typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
        ? Number(metadata.httpStatusCode)
        : 0;
    return { name: error.name, status };
  }
  throw new Error("the request succeeded, and should not have");
}
