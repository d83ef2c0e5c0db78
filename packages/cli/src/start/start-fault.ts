import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { WrongUse } from "../wrong-use.ts";
import type { DataFolder } from "./data-folder.ts";

/** Why the fleet did not start on a data folder, as far as can be known from outside. */
export async function startFault(
  error: unknown,
  dir: string,
  data: Pick<DataFolder, "fleet" | "holder">,
): Promise<unknown> {
  if (!(error instanceof Error && /cannot be opened/.test(error.message))) return error;
  const cause = { cause: error };
  const holder = await data.holder();
  if (holder !== undefined) {
    return new WrongUse(
      `--data ${dir}: process ${holder} uses it: end it first, or give this run a folder of its own with --data DIR --port 0`,
      cause,
    );
  }
  const denied = await firstDenied(data.fleet);
  if (denied !== undefined) {
    return new WrongUse(
      `--data ${dir}: no permission to read and write ${denied}: give yourself permission, or name another folder with --data DIR`,
      cause,
    );
  }
  return new Error(
    `--data ${dir}: the database in it cannot be opened: it is damaged, or a start that was just begun holds it: --fresh forgets it and begins anew, --data DIR uses another folder`,
    cause,
  );
}

async function firstDenied(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  for (const path of [folder, ...names.map((name) => join(folder, name))]) {
    try {
      await access(path, constants.R_OK | constants.W_OK);
    } catch {
      return path;
    }
  }
  return undefined;
}
