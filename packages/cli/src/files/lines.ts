/** Bytes that are no text: replaced, as Node does by default, they would be another key's. */
export class NotUtf8 extends Error {}

/**
 * Lines of a text, in lists as they come. They end at LF or CRLF alone: node:readline also ends them
 * at U+2028, which a key may have and JSON leaves as it is.
 *
 * @param mayBeCut the text may end within a character, which is then U+FFFD
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
