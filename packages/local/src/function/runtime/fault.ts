/** An error in the format of Lambda. */
export interface Fault {
  errorType: string;
  message: string;
}

/** A thrown value that is not an Error has its type's name, as in Lambda. */
export function faultOf(thrown: unknown): Fault {
  try {
    return thrown instanceof Error
      ? { errorType: String(thrown.name), message: String(thrown.message) }
      : { errorType: typeof thrown, message: String(thrown) };
  } catch {
    // A getter or toString of the thrown value threw.
    return { errorType: "handled", message: "The thrown value cannot be read" };
  }
}

/** Lambda's text log format: one line that contains the whole stack. */
export function logLine(requestId: string, what: string, thrown: unknown): string {
  const { errorType, message } = faultOf(thrown);
  const stack = thrown instanceof Error && thrown.stack ? thrown.stack.split("\n") : [];
  const detail = JSON.stringify({ errorType, errorMessage: message, stack });
  return `${new Date().toISOString()}\t${requestId}\tERROR\t${what} \t${detail}\n`;
}
