import { getContainerRuntimeClient } from "testcontainers";

/**
 * Starts what needs a container engine. Where none answers, or the start fails (no network to pull
 * an image by, say), it says on stderr what is skipped and why; CI counts a skip as a failure.
 *
 * @param what what is skipped without it
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
