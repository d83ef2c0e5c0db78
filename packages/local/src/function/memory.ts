import { readFileSync } from "node:fs";

/** Whether the memory of another process can be read; otherwise the process must report its own. */
export const READS_OTHERS_MEMORY = process.platform === "linux";

/**
 * The peak resident memory of a process in bytes; undefined when it has ended. It is read from `status`
 * and not from `statm`, because `status` has the high-water mark, which includes peaks between two reads
 * as Lambda's cgroup does, and counts in kB for any page size.
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
