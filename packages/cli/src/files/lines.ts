/** Bytes that are not UTF-8. Node replaces them by default, which would make another key. */
export class NotUtf8 extends Error {}

/**
 * The lines of a text, in one list for each chunk. A line ends at LF or CRLF only: node:readline also
 * ends it at U+2028, which a key may contain and JSON does not escape.
 *
 * @param mayBeCut the text may end within a character, which becomes U+FFFD
 * @throws NotUtf8
 */
export async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
  { mayBeCut = false } = {},
): AsyncGenerator<string[]> {
  let rest = "";
  for await (const text of decoded(bytes, mayBeCut)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield lines.map(withoutReturn);
  }
  if (rest !== "") yield [withoutReturn(rest)];
}

async function* decoded(
  bytes: AsyncIterable<Uint8Array>,
  mayBeCut: boolean,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const decode = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (error) {
      if (chunk === undefined && mayBeCut) return "\ufffd";
      throw new NotUtf8("it is not UTF-8", { cause: error });
    }
  };
  for await (const chunk of bytes) yield decode(chunk);
  yield decode();
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
