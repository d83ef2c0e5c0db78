import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/**
 * Calls back with each line of a stream, without its line end, and with a last line that has none.
 * Not `readline`: that also splits at U+2028, which JSON may carry inside a string.
 * @param longest the characters after which a line is cut, so that a stream without line ends cannot
 *   fill the memory; the rest follows as further lines
 */
export function onLines(stream: Readable, longest: number, onLine: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const take = (text: string): void => {
    // Only the new text is searched, so that a long line in many chunks takes linear time.
    let from = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", from)) {
      const line = rest + text.slice(from, end);
      rest = "";
      from = end + 1;
      onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
    }
    rest += text.slice(from);
    while (rest.length > longest) {
      onLine(rest.slice(0, longest));
      rest = rest.slice(longest);
    }
  };
  stream.on("data", (chunk: Buffer) => take(decoder.write(chunk)));
  stream.once("close", () => {
    take(decoder.end());
    if (rest !== "") onLine(rest);
    rest = "";
  });
}
