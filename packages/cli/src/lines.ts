/**
 * Lines of a text, in lists as they come. They end at LF or CRLF alone: node:readline also ends them
 * at U+2028, which a key may have and JSON leaves as it is.
 *
 * @param chunks of a stream that was told its encoding: no character is cut in two
 */
export async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string[]> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield lines.map(withoutReturn);
  }
  if (rest !== "") yield [withoutReturn(rest)];
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
