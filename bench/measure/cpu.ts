import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** Linux gives CPU times in this unit whatever the kernel was built for: USER_HZ is 100. */
const TICK_MS = 10;

/** What other processes' CPU times are read with here. */
export const CPU_SOURCE = process.platform === "linux" ? "/proc" : "ps";

/**
 * The CPU time, user and system, that these processes and all their threads have used, ms.
 *
 * @throws Error for a process that is gone, and where neither /proc nor ps is to be had
 */
export async function cpuOf(pids: readonly number[]): Promise<number> {
  const read = CPU_SOURCE === "/proc" ? fromProc : fromPs;
  const each = await Promise.all(pids.map(read));
  return each.reduce((sum, ms) => sum + ms, 0);
}

/** The CPU time that this process itself has used, ms. */
export function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function fromProc(pid: number): Promise<number> {
  return parseStat(await readFile(`/proc/${pid}/stat`, "latin1"));
}

async function fromPs(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "time=", "-p", String(pid)]);
  return parsePsTime(stdout);
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; the name in brackets may hold anything. */
export function parseStat(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (Number.isNaN(ticks)) throw new Error(`/proc says no CPU time: ${stat.slice(0, 80)}`);
  return ticks * TICK_MS;
}

/** `[[days-]hours:]minutes:seconds[.hundredths]` */
export function parsePsTime(text: string): number {
  const match = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(text.trim());
  if (!match) throw new Error(`ps says no CPU time: ${JSON.stringify(text.slice(0, 80))}`);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((n) => Number(n ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}
