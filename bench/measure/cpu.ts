import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** The unit of CPU times on Linux, for any kernel: USER_HZ is 100. */
const TICK_MS = 10;

/** The source of other processes' CPU times on this platform. */
export const CPU_SOURCE = process.platform === "linux" ? "/proc" : "ps";

/**
 * The CPU time of these processes with all their threads, user and system, ms.
 *
 * @throws Error when a process has exited, or neither /proc nor ps is available
 */
export async function cpuOf(pids: readonly number[]): Promise<number> {
  const read = CPU_SOURCE === "/proc" ? fromProc : fromPs;
  const each = await Promise.all(pids.map(read));
  return each.reduce((sum, ms) => sum + ms, 0);
}

/** The CPU time of this process, ms. */
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

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; the name in brackets may contain anything. */
export function parseStat(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (Number.isNaN(ticks)) throw new Error(`/proc contains no CPU time: ${stat.slice(0, 80)}`);
  return ticks * TICK_MS;
}

/** `[[days-]hours:]minutes:seconds[.hundredths]` */
export function parsePsTime(text: string): number {
  const match = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(text.trim());
  if (!match) throw new Error(`ps printed no CPU time: ${JSON.stringify(text.slice(0, 80))}`);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((n) => Number(n ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}
