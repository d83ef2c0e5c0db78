import { randomBytes } from "node:crypto";
import { GenericContainer } from "testcontainers";
import { BUILD_ARGS } from "./worker-image.setup.ts";

/** A cgroup for containers without own limits, like Fargate's for a task. */
export interface TaskCgroup {
  /** HostConfig.CgroupParent of the containers in it. */
  readonly name: string;
  /** Limits the memory of all containers in it together. It exists once one of them has started. */
  limit(bytes: number): Promise<void>;
  /** The kernel's counters while a container runs in it. */
  counted(): Promise<{ kills: number; peakBytes: number }>;
  /** Removes it when it has no containers. */
  remove(): Promise<void>;
}

/** The file names of the limit in versions 2 and 1 of cgroups. */
const FIND = 'at=$(find /cgroup -path "*/$0/memory.max" -o -path "*/$0/memory.limit_in_bytes")';

/** No swap, as on Fargate. */
const LIMIT = `${FIND}; echo $1 > $at; cd \${at%/*} &&
  if [ -e memory.swap.max ]; then echo 0 > memory.swap.max; fi &&
  if [ -e memory.memsw.limit_in_bytes ]; then echo $1 > memory.memsw.limit_in_bytes; fi`;

/**
 * A kill is counted in the cgroup of the killed process, and in version 2 also in its parents:
 * https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files (memory.events)
 */
const COUNTED = `${FIND}; cd \${at%/*} &&
  (cat memory.peak || cat memory.max_usage_in_bytes) 2>/dev/null &&
  grep -rhs '^oom_kill ' --include memory.events --include memory.oom_control .`;

/**
 * Prepares a cgroup for containers of this engine. Both of Docker's cgroup drivers accept its name, and
 * systemd's driver creates it with its first container. After that another container sets the limit,
 * because the engine may run on another machine than the tests.
 * https://docs.docker.com/reference/cli/dockerd/#default-cgroup-parent
 */
export async function prepareTaskCgroup(): Promise<TaskCgroup> {
  const name = `imagefleet${randomBytes(6).toString("hex")}.slice`;
  const hand = await new GenericContainer(BUILD_ARGS.BASE)
    .withPrivilegedMode()
    .withBindMounts([{ source: "/sys/fs/cgroup", target: "/cgroup", mode: "rw" }])
    .withCommand(["sleep", "infinity"])
    .start();

  const run = async (script: string, ...args: string[]): Promise<string> => {
    const { exitCode, output } = await hand.exec(["sh", "-c", script, name, ...args]);
    if (exitCode !== 0) throw new Error(`the task's cgroup: ${output}`);
    return output;
  };
  return {
    name,
    async limit(bytes) {
      await run(LIMIT, String(bytes));
    },
    async counted() {
      const [peakBytes = Number.NaN, ...kills] = (await run(COUNTED))
        .trim()
        .split("\n")
        .map((line) => Number(line.replace("oom_kill ", "")));
      return { peakBytes, kills: Math.max(...kills) };
    },
    async remove() {
      await run('find /cgroup -depth -type d -path "*/$0" -exec rmdir {} +');
      await hand.stop({ remove: true, timeout: 0 });
    },
  };
}
