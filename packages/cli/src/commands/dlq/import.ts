import { type FileHandle, open } from "node:fs/promises";
import { LANES, type Lane } from "@imagefleet/core/outcome";
import type { OutgoingMessage } from "@imagefleet/core/queue";
import { connect } from "../../connection/connect.ts";
import { EXIT } from "../../exit-code.ts";
import { whyUnreadable } from "../../files/fs-error.ts";
import { linesOf, NotUtf8 } from "../../files/lines.ts";
import { many, thousands } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import type { Screen } from "../../terminal/screen.ts";
import { UsageError } from "../../usage-error.ts";
import { readDeadLetterLine } from "./dead-letter-line.ts";
import type { DlqOptions } from "./options.ts";

/** How many dead letters are sent at a time. */
const CHUNK = 500;

/**
 * `imagefleet dlq import`: puts the dead letters of an export back into their dead-letter queues. Only
 * their ids change.
 *
 * @throws UsageError when a line is not a dead letter; nothing is sent then
 */
export async function importDeadLetters(
  options: Omit<DlqOptions, "filter" | "leaseSeconds"> & {
    readonly file: string;
    readonly fromLine: number;
  },
  screen: Screen,
): Promise<number> {
  const { file, fromLine } = options;
  const { lines: total, isCut } = await check(file, fromLine);
  const leftOut = isCut ? 1 : 0;
  if (isCut) {
    const text = `${file}, line ${total} is incomplete and was not imported. If a discard was killed, its dead letter is still in the queue; otherwise the file is damaged: import the line from another copy`;
    screen.warn(text);
  }
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const queues = await connection.lanes();
  let at = 0;
  let sent = 0;
  let refused = 0;
  const send = async (deadLetters: readonly { lane: Lane; message: OutgoingMessage }[]) => {
    for (const lane of LANES) {
      const messages = deadLetters
        .filter((deadLetter) => deadLetter.lane === lane)
        .map((each) => each.message);
      const result = await queues[lane].deadLetters.sendBatch(messages);
      refused += result.refused.length;
      sent += result.done.length;
      for (const { why } of result.refused)
        screen.note(screen.tint("red", `! SQS refused a dead letter: ${why}`));
    }
  };
  let chunk: { lane: Lane; message: OutgoingMessage }[] = [];
  let chunkFrom = fromLine;
  const sendChunk = async () => {
    try {
      await send(chunk);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(
        `${file}: not all of lines ${thousands(chunkFrom)} to ${thousands(at)} were sent: ${why}. All lines before are imported. To continue, run it again with --from-line ${chunkFrom}; it may import some of these lines twice`,
        { cause: error },
      );
    }
    chunk = [];
    chunkFrom = at + 1;
  };
  for await (const line of linesIn(file)) {
    at++;
    if (at < fromLine || line.trim() === "" || (isCut && at === total)) continue;
    const deadLetter = readDeadLetterLine(line);
    if ("message" in deadLetter) chunk.push(deadLetter);
    if (chunk.length < CHUNK) continue;
    await sendChunk();
    if (signal.aborted) break;
  }
  await sendChunk();
  if (options.json) screen.json({ version: 1, imported: sent, refused, leftOut, lines: total });
  else screen.report(screen.paint("bold", `${many(sent, "dead letter")} imported from ${file}`));
  if (signal.aborted && at < total) {
    screen.note(
      `Interrupted after line ${thousands(at)}. To continue, run it again with --from-line ${at + 1}`,
    );
    return EXIT.interrupted;
  }
  return refused + leftOut > 0 ? EXIT.failed : EXIT.done;
}

/**
 * Checks the whole file before anything is sent, so that an invalid file is not half imported. A killed
 * discard may leave an incomplete last line; its dead letter was not deleted.
 */
async function check(file: string, fromLine: number): Promise<{ lines: number; isCut: boolean }> {
  let at = 0;
  let wrong: UsageError | undefined;
  let mayBeCut = false;
  for await (const line of linesIn(file)) {
    if (wrong !== undefined) throw wrong;
    at++;
    if (line.trim() === "") continue;
    const deadLetter = readDeadLetterLine(line);
    if (!("issue" in deadLetter)) continue;
    mayBeCut = !deadLetter.isJson;
    wrong = new UsageError(
      `${file}, line ${at} is not a dead letter: ${deadLetter.issue}. Correct the line as dlq export writes it, or remove it. Nothing was imported`,
    );
  }
  if (wrong !== undefined && (!mayBeCut || (await endsWithNewline(file)))) throw wrong;
  // An export of an empty queue is a file without lines.
  if (fromLine > Math.max(at, 1)) {
    throw new UsageError(
      `--from-line ${fromLine}: ${file} has only ${many(at, "line")}. Use a smaller number, or omit the option`,
    );
  }
  return { lines: at, isCut: wrong !== undefined };
}

async function endsWithNewline(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
    return buffer.toString() === "\n";
  } finally {
    await handle.close();
  }
}

async function* linesIn(file: string): AsyncGenerator<string> {
  let handle: FileHandle;
  try {
    handle = await open(file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${whyUnreadable(error)}`, { cause: error });
  }
  try {
    // A folder can be opened like a file.
    if ((await handle.stat()).isDirectory())
      throw new UsageError(`${file} cannot be read: it is a folder`);
    for await (const lines of linesOf(handle.createReadStream(), { mayBeCut: true })) {
      yield* lines;
    }
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error;
    throw new UsageError(`${file} is not UTF-8, which dlq export writes`, { cause: error });
  } finally {
    await handle.close();
  }
}
