import { dirname } from "node:path";
import { chdir } from "node:process";
import { fileURLToPath } from "node:url";
import type { HandlerContext } from "./context.ts";
import { isStreaming, type StreamingHandler } from "./streaming.ts";

type BufferedHandler = (event: unknown, context: HandlerContext) => unknown;
export type Handler = BufferedHandler | StreamingHandler;

/** A module without a handler, with Lambda's name of the error. */
export class LoadError extends Error {
  override readonly name = "LoadError";
  readonly errorType: string;

  constructor(errorType: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.errorType = errorType;
  }
}

/** @throws LoadError, or the error of the module itself */
export async function loadHandler(href: string, exportName: string): Promise<Handler> {
  const exports = await load(href);
  const handler = exports[exportName];
  const place = `${fileURLToPath(href)}.${exportName}`;
  if (handler === undefined) {
    throw new LoadError("Runtime.HandlerNotFound", `${place} is undefined or not exported`);
  }
  if (!isHandler(handler)) {
    throw new LoadError("Runtime.HandlerNotFound", `${place} is not a function`);
  }
  if (handler.length >= 3 && !isStreaming(handler)) {
    throw new LoadError(
      "Runtime.CallbackHandlerDeprecated",
      `${place} takes a callback, which Lambda for Node.js 24 no longer supports: make it an async function of event and context`,
    );
  }
  return handler;
}

async function load(href: string): Promise<Record<string, unknown>> {
  try {
    // Lambda's working directory is that of the code, so a path that is relative to the caller's fails too.
    chdir(dirname(fileURLToPath(href)));
    return await import(href);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new LoadError("Runtime.UserCodeSyntaxError", String(error), { cause: error });
    }
    if (isNotFound(error)) {
      throw new LoadError("Runtime.ImportModuleError", String(error), { cause: error });
    }
    throw error;
  }
}

function isHandler(value: unknown): value is Handler {
  return typeof value === "function";
}

/** ENOENT: the module's directory does not exist. */
function isNotFound(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  const { code } = error;
  return code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND" || code === "ENOENT";
}
