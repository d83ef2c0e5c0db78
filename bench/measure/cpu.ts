import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
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

/**
 * The CPU time of a process and of its descendants, user and system, ms: what has exited counts when
 * its parent has read its exit code.
 *
 * @throws Error when the process has exited, or neither /proc nor ps is available
 */
export async function cpuOfTree(pid: number): Promise<number> {
  const all = CPU_SOURCE === "/proc" ? await allOfProc() : await allOfPs();
  const children = Map.groupBy(all, ({ parent }) => parent);
  const root = all.find((each) => each.pid === pid);
  if (root === undefined) throw new Error(`the process ${pid} has exited`);
  const tree = [root];
  // It grows while it is read: a list of a tree, level by level.
  for (const each of tree) tree.push(...(children.get(each.pid) ?? []));
  return tree.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

/** A process in a list of all. */
export interface Listed {
  readonly pid: number;
  readonly parent: number;
  readonly cpuMs: number;
}

async function allOfProc(): Promise<Listed[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const read = pids.map(async (pid) => {
    // A process may end before it is read.
    const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => undefined);
    return stat === undefined ? [] : [parseListed(stat)];
  });
  return (await Promise.all(read)).flat();
}

async function allOfPs(): Promise<Listed[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,time="]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => {
      const [pid, parent, time = ""] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), cpuMs: parsePsTime(time) };
    });
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
  const fields = statFields(stat);
  return ticksOf(stat, [fields[11], fields[12]]);
}

/** The same with the CPU time of its children that have exited. */
export function parseListed(stat: string): Listed {
  const fields = statFields(stat);
  const cpuMs = ticksOf(stat, fields.slice(11, 15));
  return { pid: Number.parseInt(stat, 10), parent: Number(fields[1]), cpuMs };
}

function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function ticksOf(stat: string, fields: readonly (string | undefined)[]): number {
  const ticks = fields.reduce((sum, field) => sum + Number(field), 0);
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
