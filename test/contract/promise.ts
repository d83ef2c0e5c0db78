import { test } from "vitest";
import { knownGaps } from "./known-gaps.ts";
import { serverMissing, serverName } from "./server.ts";

/**
 * A promise of AWS that the fleet relies on. It must fail on a server whose list of known gaps has its
 * name: a gap that has closed fails until its name is removed. The promises of a file run concurrently,
 * because they mostly wait, so none may use the queue or key of another.
 *
 * @param timeoutMs longer for one that takes thousands of requests
 */
export function promise(name: string, keep: () => Promise<void>, timeoutMs = 30_000): void {
  if (serverMissing) test.skip(name);
  else if (!knownGaps[serverName].includes(name)) test.concurrent(name, keep, timeoutMs);
  else
    test.concurrent.fails(
      `${name} (known gap of ${serverName}; if this fails, remove it from known-gaps.ts)`,
      keep,
      timeoutMs,
    );
}

/** The name and HTTP status of a request's error, by which the fleet distinguishes errors. */
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
  throw new Error("the request succeeded instead of failing");
}
