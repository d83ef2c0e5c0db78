import { readFileSync, writeFileSync } from "node:fs";

// Loaded before a program that is measured (`node --import`): says at its end what it took.
const file = new URL(import.meta.url).searchParams.get("file");
if (file !== null) {
  process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    writeFileSync(file, JSON.stringify({ cpuMs: (user + system) / 1000, peakBytes: peakBytes() }));
  });
}

/** The most that was resident. Linux carries getrusage's over from the parent: not so /proc's. */
function peakBytes(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  const status = readFileSync("/proc/self/status", "latin1");
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return Number(kib) * 1024;
}
