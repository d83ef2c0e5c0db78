import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";

const ACCOUNT = new URL("account.ts", import.meta.url);

const accountSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ cpuMs: v.number(), peakBytes: v.number() }),
);

/** The result of a program. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** CPU time of all its threads, with start and exit, ms. */
  readonly cpuMs: number;
  /** Peak resident size, bytes. */
  readonly peakBytes: number;
}

/**
 * Runs a Node program in a process of its own, and measures it.
 *
 * @param options.folder its working directory, into which the measurement is written
 * @throws Error when it was killed
 */
export async function runProgram(
  script: string,
  args: readonly string[],
  options: { folder: string; signal: AbortSignal; env?: Readonly<Record<string, string>> },
): Promise<Ran> {
  const { folder, signal, env = {} } = options;
  const account = join(folder, "account.json");
  await rm(account, { force: true });
  const accounting = new URL(ACCOUNT);
  accounting.searchParams.set("file", account);
  const command = ["--import", accounting.href, script, ...args];
  const ended = await new Promise<Pick<Ran, "code" | "stdout" | "stderr">>((resolve, reject) => {
    const settings = { cwd: folder, env, signal, maxBuffer: Number.POSITIVE_INFINITY };
    execFile(process.execPath, command, settings, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === "number") resolve({ code, stdout, stderr });
      else reject(error);
    });
  });
  return { ...ended, ...v.parse(accountSchema, await readFile(account, "utf8")) };
}
