import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** bash's `times` is exact to the ms on Linux and macOS. */
const SCRIPT = '"$@" >&2 || exit; times';

/**
 * Runs a command to its end.
 *
 * @returns its CPU time, user and system, with its start, ms
 * @throws Error when it fails
 */
export async function commandCpu(command: readonly string[]): Promise<number> {
  const { stdout } = await promisify(execFile)("bash", ["-c", SCRIPT, "bench", ...command], {
    env: { LC_ALL: "C", PATH: SEARCHED, ...ONE_THREAD },
  });
  return parseTimes(stdout);
}

/** As for sharp. ImageMagick's threads spin while they wait, which doubles the CPU time. */
const ONE_THREAD = { MAGICK_THREAD_LIMIT: "1", VIPS_CONCURRENCY: "1" };

/** The folders of package managers. */
const SEARCHED = "/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin";

/** The first line of a version command; undefined when the program is not installed. */
export async function versionOf(command: readonly string[]): Promise<string | undefined> {
  const [program = "", ...args] = command;
  try {
    const { stdout } = await promisify(execFile)(program, args, { env: { PATH: SEARCHED } });
    return stdout.split("\n")[0]?.trim();
  } catch {
    return undefined;
  }
}

/** The second line of bash's `times` contains those of its children: `0m0.120s 0m0.010s`. */
export function parseTimes(text: string): number {
  const children = /^.*\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s/.exec(text);
  if (children === null) throw new Error(`bash printed no times: ${JSON.stringify(text)}`);
  const [userMinutes = 0, user = 0, systemMinutes = 0, system = 0] = children.slice(1).map(Number);
  return (userMinutes * 60 + user + systemMinutes * 60 + system) * 1000;
}
