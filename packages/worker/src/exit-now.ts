/**
 * Ends the process at once with an exit code.
 *
 * `process.exit` waits for libuv's threads, in which a step of an aborted job may run for minutes. So
 * the process replaces its program by a new one without such threads: Node, which exits.
 */
export function exitNow(code: number): never {
  if (process.execve === undefined) process.exit(code);
  return process.execve(process.execPath, [process.execPath, "-e", `process.exit(${code})`], {});
}
