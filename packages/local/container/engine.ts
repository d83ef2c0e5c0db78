import { getContainerRuntimeClient } from "testcontainers";

/** Whether a container engine answers; says on stderr what is skipped where none does. */
export async function hasEngine(skipped: string): Promise<boolean> {
  try {
    await getContainerRuntimeClient();
    return true;
  } catch {
    process.stderr.write(
      `Skipped: ${skipped}, since no container engine answers. Start Docker, and they run.\n`,
    );
    return false;
  }
}
