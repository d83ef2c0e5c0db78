import type { EnvironmentExit } from "./result.ts";

export interface FunctionOptions {
  /** As in Lambda: at most 64 letters, digits, `-` and `_`. */
  readonly name: string;
  /** The handler's module. */
  readonly handler: URL;
  /** The handler's name among that module's exports. */
  readonly exportName: string;
  /** Bytes of resident memory that one process may reach. */
  readonly memoryBytes: number;
  /** The timeout of an invocation in ms; a cold start's import has its own limit. */
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
  /** The most processes, and so concurrent invocations; further invocations wait. */
  readonly maximumConcurrency: number;
  /** Receives each line of a handler process's stdout and stderr, before the invocation's result. */
  readonly onLog: (line: string) => void;
  readonly onExit?: (exit: EnvironmentExit) => void;
  /** A command, with its first arguments, that starts the process, for example within a limit. */
  readonly launcher?: readonly string[];
}

/** Invalid options. The message has the field, its value and the fix. */
export class FunctionOptionsError extends Error {
  override readonly name = "FunctionOptionsError";
}

const MIB = 1024 * 1024;

/** @throws FunctionOptionsError for options outside of Lambda's limits */
export function checkFunctionOptions(options: FunctionOptions): void {
  if (!/^[\w-]{1,64}$/.test(options.name)) {
    throw new FunctionOptionsError(
      `name is ${JSON.stringify(options.name)}: use 1 to 64 letters, digits, - and _`,
    );
  }
  requireWhole("memoryBytes", options.memoryBytes, 128 * MIB, 10_240 * MIB);
  requireWhole("timeoutMs", options.timeoutMs, 1, 900_000);
  requireWhole("maximumConcurrency", options.maximumConcurrency, 1, 1000);
}

function requireWhole(field: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new FunctionOptionsError(
    `${field} is ${value}: use a whole number from ${least} to ${most}`,
  );
}
