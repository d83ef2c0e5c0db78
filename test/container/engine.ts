import { getContainerRuntimeClient } from "testcontainers";

/**
 * Starts something that needs a container engine. If there is no engine, or the start fails (for example
 * without a network to pull an image), it reports on stderr what is skipped and why. CI treats a skip as
 * a failure.
 *
 * @param what the tests that are skipped without it
 * @returns undefined when it is skipped
 */
export async function onEngine<T>(what: string, start: () => Promise<T>): Promise<T | undefined> {
  try {
    await getContainerRuntimeClient();
  } catch {
    skip(what, "no container engine answers. Start Docker, and they run.");
    return undefined;
  }
  try {
    return await start();
  } catch (error) {
    skip(what, error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function skip(what: string, why: string): void {
  process.stderr.write(`Skipped: ${what}: ${why}\n`);
}
