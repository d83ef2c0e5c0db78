/** An error as Lambda's service reports it. */
export interface Fault {
  errorType: string;
  message: string;
}

/** Anything may be thrown: what is no Error goes by its type's name, as in Lambda. */
export function faultOf(thrown: unknown): Fault {
  try {
    return thrown instanceof Error
      ? { errorType: String(thrown.name), message: String(thrown.message) }
      : { errorType: typeof thrown, message: String(thrown) };
  } catch {
    // A getter or a toString of the thrown thing threw in turn.
    return { errorType: "handled", message: "The thrown value cannot be read" };
  }
}

/** Lambda's text log format: one line, so that a reader of lines gets the stack whole. */
export function logLine(requestId: string, what: string, thrown: unknown): string {
  const { errorType, message } = faultOf(thrown);
  const stack = thrown instanceof Error && thrown.stack ? thrown.stack.split("\n") : [];
  const detail = JSON.stringify({ errorType, errorMessage: message, stack });
  return `${new Date().toISOString()}\t${requestId}\tERROR\t${what} \t${detail}\n`;
}
