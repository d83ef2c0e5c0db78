import { readFileSync } from "node:fs";

/** Whether the kernel tells another process's memory; elsewhere the process must report its own. */
export const READS_OTHERS_MEMORY = process.platform === "linux";

/**
 * The most resident memory that a process ever had, in bytes; undefined once it is gone.
 * `status` and not `statm`: it has the high-water mark, so that a peak between two looks is seen too
 * (Lambda's cgroup misses none), and it counts in kB whatever the page size.
 */
export function peakMemory(pid: number): number | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, "latin1");
  } catch {
    return undefined;
  }
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
