/** Lambda's limit for an answer: 6 MB and a little. */
const LARGEST_PAYLOAD = 6_291_556;

/**
 * What a handler returned, as the JSON that crosses to the service; undefined becomes null.
 * @throws Error named as Lambda names it, for what JSON cannot say and for what is too large
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
