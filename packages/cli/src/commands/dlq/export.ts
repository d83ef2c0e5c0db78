import { connect } from "../../connection/connect.ts";
import { filterText, lanesOf, matches } from "../../dead-letters/filter.ts";
import { walk } from "../../dead-letters/walk.ts";
import { EXIT } from "../../exit-code.ts";
import { many } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import type { Screen } from "../../terminal/screen.ts";
import { deadLetterLine } from "./dead-letter-line.ts";
import { createExportFile, type ExportFile } from "./export-file.ts";
import type { DlqOptions } from "./options.ts";

/** `imagefleet dlq export`: writes dead letters as lines of JSON and leaves them in the queue. */
export async function exportDeadLetters(
  options: DlqOptions & { readonly file: string | undefined },
  screen: Screen,
): Promise<number> {
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const { filter, leaseSeconds, file: path } = options;
  await using file = path === undefined ? stdout(screen) : await createExportFile("FILE", path);
  let lines = 0;
  await walk(connection, { lanes: lanesOf(filter), leaseSeconds, signal }, async (found, lane) => {
    const matching = found.filter(({ deadLetter }) => matches(deadLetter, filter));
    if (matching.length > 0) {
      await file.append(matching.map(({ message }) => deadLetterLine(message, lane)));
    }
    lines += matching.length;
    return [];
  });
  file.keep();
  const where = path === undefined ? "" : ` to ${path}`;
  if (options.json && path !== undefined) screen.json({ version: 1, exported: lines, file: path });
  else if (lines === 0) screen.note(`No dead letters${filterText(filter)}: nothing to export`);
  else
    screen.note(
      `${many(lines, "dead letter")}${filterText(filter)} exported${where}; they stay in the queue`,
    );
  return signal.aborted ? EXIT.interrupted : EXIT.done;
}

function stdout(screen: Screen): ExportFile {
  return {
    async append(lines) {
      screen.raw(lines.join(""));
    },
    keep() {},
    async [Symbol.asyncDispose]() {},
  };
}
