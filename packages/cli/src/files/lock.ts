import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { isAlive } from "@imagefleet/core/process";
import * as v from "valibot";
import { UsageError } from "../usage-error.ts";
import { whyUnwritable } from "./fs-error.ts";
import { makeFolder } from "./output/folder.ts";

const holderSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ process: v.number(), host: v.string(), since: v.string() }),
);
type Holder = v.InferOutput<typeof holderSchema>;

/** The error texts of a lock. */
export interface Refusals {
  /** The option that names what is locked: `--checkpoint`. */
  readonly option: string;
  /** @param who ` (pid 4711, since …)`; empty when it is unknown */
  held(who: string): string;
}

/**
 * Holds a lock file for this process. The lock of a killed process is taken over.
 *
 * @throws UsageError while another process holds it, or when the file cannot be written
 */
export async function lock(file: string, refusals: Refusals): Promise<AsyncDisposable> {
  const mine: Holder = {
    process: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
  };
  while (!(await takes(file, mine, refusals.option))) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    // Its holder has just released it.
    if (text === undefined) continue;
    const parsed = v.safeParse(holderSchema, text);
    if (!parsed.success || isLocked(parsed.output)) {
      const who = parsed.success ? whoIs(parsed.output) : "";
      throw new UsageError(`${refusals.held(who)} If that process no longer runs, remove ${file}.`);
    }
    await clear(file, text);
  }
  return {
    async [Symbol.asyncDispose]() {
      await rm(file, { force: true });
    },
  };
}

/** A process of another machine or container cannot be checked: a person has to remove its lock. */
function isLocked({ process: pid, host }: Holder): boolean {
  return host !== hostname() || (pid !== process.pid && isAlive(pid));
}

function whoIs({ process: pid, host, since }: Holder): string {
  return ` (pid ${pid}${host === hostname() ? "" : ` on ${host}`}, since ${since})`;
}

/** Creates the complete file, unless it exists. */
async function takes(file: string, holder: Holder, option: string): Promise<boolean> {
  const own = `${file}.${randomUUID()}`;
  try {
    await makeFolder(dirname(file));
    await writeFile(own, `${JSON.stringify(holder)}\n`);
    await link(own, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw new UsageError(`${option}: ${file} cannot be written: ${whyUnwritable(error)}`, {
      cause: error,
    });
  } finally {
    await rm(own, { force: true });
  }
}

/** Removes the lock of an ended process, but not one that another process has created since. */
async function clear(file: string, text: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    // Another process was faster.
    return;
  }
  const taken = await readFile(aside, "utf8");
  if (taken !== text) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}
