import { readFileSync } from "node:fs";

/** The peak resident size, bytes. On Linux getrusage inherits that of the parent; /proc does not. */
export function peakBytes(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "latin1")) ?? [];
  if (kib === undefined) throw new Error("/proc/self/status contains no VmHWM");
  return Number(kib) * 1024;
}

export const MIB = 2 ** 20;

/** Bytes in whole MiB, for a table. */
export function inMib(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}
