import type { EnvironmentExit } from "./result.ts";

export interface FunctionOptions {
  /** As in Lambda: letters, digits, `-` and `_`, 64 at most. */
  readonly name: string;
  /** The handler's module. */
  readonly handler: URL;
  /** The handler's name among that module's exports. */
  readonly exportName: string;
  /** Bytes of resident memory that one process may reach. */
  readonly memoryBytes: number;
  /** ms that one invocation may take; a cold start's import has its own allowance. */
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Processes at most, and so invocations at once; what is over waits its turn. */
  readonly maximumConcurrency: number;
  /** Gets each line of a handler process's stdout and stderr, before that invocation's result. */
  readonly onLog: (line: string) => void;
  readonly onExit?: (exit: EnvironmentExit) => void;
  /** A command, with its first arguments, that starts the process in its own place: what limits it, say. */
  readonly launcher?: readonly string[];
}

/** Options that cannot work: the message names the field, its value and the fix. */
export class FunctionOptionsError extends Error {
  override readonly name = "FunctionOptionsError";
}

const MIB = 1024 * 1024;

/** @throws FunctionOptionsError within Lambda's own limits, so that what runs here can be deployed. */
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
