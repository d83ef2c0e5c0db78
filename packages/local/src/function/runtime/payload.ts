/** Lambda's limit of a response: slightly more than 6 MB. */
const LARGEST_PAYLOAD = 6_291_556;

/**
 * The returned value of a handler as JSON; undefined becomes null.
 * @throws Error with Lambda's name, for a value that JSON cannot represent or that is too large
 */
export function payloadOf(result: unknown): string {
  let json: string;
  try {
    json = JSON.stringify(result) ?? "null";
  } catch (cause) {
    throw named("Runtime.MarshalError", "Unable to stringify response body", cause);
  }
  const bytes = Buffer.byteLength(json);
  if (bytes > LARGEST_PAYLOAD) {
    throw named(
      "Function.ResponseSizeTooLarge",
      `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${LARGEST_PAYLOAD} bytes).`,
    );
  }
  return json;
}

function named(name: string, message: string, cause?: unknown): Error {
  const error = new Error(message, { cause });
  error.name = name;
  return error;
}
