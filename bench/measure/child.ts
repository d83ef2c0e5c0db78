import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as v from "valibot";

/**
 * Runs a script in a fresh process, and reads the JSON that it prints.
 *
 * @throws Error with the script's stderr when it fails
 */
export async function runChild<Schema extends v.GenericSchema>(
  command: readonly string[],
  schema: Schema,
  options: { readonly signal?: AbortSignal; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<v.InferOutput<Schema>> {
  const { stdout } = await promisify(execFile)(process.execPath, command, options);
  return v.parse(schema, JSON.parse(stdout));
}
