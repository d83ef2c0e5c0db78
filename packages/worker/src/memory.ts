import { totalmem } from "node:os";
import type { Logger } from "@imagefleet/core/telemetry";
import * as v from "valibot";

const MIB = 2 ** 20;
/** The endpoint is on the task's own machine. */
const ANSWER_MS = 5_000;

/** MiB. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html */
const taskSchema = v.object({ Limits: v.object({ Memory: v.pipe(v.number(), v.minValue(1)) }) });

/**
 * The memory limit of the process, bytes: the least of the container's, the task's and the machine's
 * memory. Fargate limits the cgroup of the task, which a container cannot read: without a limit of its
 * own it reads the machine's memory, about twice the task's. If ECS does not report the task's memory,
 * it logs a warning and uses the other two.
 *
 * @param options.metadata ECS_CONTAINER_METADATA_URI_V4, which ECS sets; undefined outside of a task
 */
export async function memoryLimitBytes(options: {
  readonly metadata: string | undefined;
  readonly log: Logger;
}): Promise<number> {
  const machine = totalmem();
  return Math.min(
    process.constrainedMemory() || machine,
    machine,
    (await taskLimitBytes(options)) ?? machine,
  );
}

async function taskLimitBytes({
  metadata,
  log,
}: Parameters<typeof memoryLimitBytes>[0]): Promise<number | undefined> {
  if (metadata === undefined) return undefined;
  try {
    const answer = await fetch(`${metadata}/task`, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!answer.ok) throw new Error(`${metadata}/task answered ${answer.status}`);
    return v.parse(taskSchema, await answer.json()).Limits.Memory * MIB;
  } catch (error) {
    log.warn(
      { err: error },
      "ECS does not report the task's memory: the container's own limit is used",
    );
    return undefined;
  }
}
