/**
 * Ends the process now, with this code.
 *
 * Not by `process.exit`: that waits for libuv's threads, and a codec's step that was let go may run
 * there for minutes. Another program in the same process has none of them: Node itself, told to exit.
 */
export function exitNow(code: number): never {
  if (process.execve === undefined) process.exit(code);
  return process.execve(process.execPath, [process.execPath, "-e", `process.exit(${code})`], {});
}
