import { connect } from "../../connection/connect.ts";
import { filterText } from "../../dead-letters/filter.ts";
import { survey, warnings } from "../../dead-letters/survey.ts";
import { deleteDeadLetters } from "../../dead-letters/walk.ts";
import { EXIT } from "../../exit-code.ts";
import { shellWord } from "../../invocation.ts";
import { confirm } from "../../terminal/confirm.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import type { Screen } from "../../terminal/screen.ts";
import { many } from "../../terminal/thousands.ts";
import { change, missedText } from "./change.ts";
import { deadLetterLine } from "./dead-letter-line.ts";
import { checkExportFile, createExportFile } from "./export-file.ts";
import type { DlqChangeOptions } from "./options.ts";

/**
 * `imagefleet dlq discard`: deletes dead letters. Each is a line of the export on the disk before it is
 * deleted, so that `imagefleet dlq import` can restore it.
 */
export async function discard(
  options: DlqChangeOptions & { readonly exportTo: string },
  screen: Screen,
): Promise<number> {
  await checkExportFile("--export", options.exportTo);
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const found = await survey(connection, options.filter, { ...options, signal });
  if (signal.aborted) return EXIT.interrupted;
  const { deadLetters } = found;
  for (const warning of warnings(found)) screen.note(screen.tint("yellow", `! ${warning}`));
  const of = filterText(options.filter);
  if (options.dryRun || deadLetters.length === 0) {
    if (options.json) screen.json(resultJson(0, 0, deadLetters.length, options.dryRun, null));
    else if (deadLetters.length === 0) screen.report(`No dead letters${of}: nothing to discard`);
    else
      screen.report(
        screen.paint("bold", `${many(deadLetters.length, "dead letter")}${of} would be discarded`),
      );
    return EXIT.done;
  }
  const question = `Discard ${many(deadLetters.length, "dead letter")}${of} at ${connection.where} after an export to ${options.exportTo}?`;
  if (!(await confirm(question, options.yes, screen, signal))) {
    screen.note("Nothing was discarded.");
    return signal.aborted ? EXIT.interrupted : EXIT.failed;
  }
  await using file = await createExportFile("--export", options.exportTo);
  const { leaseSeconds } = options;
  const changed = await change(
    deadLetters,
    connection,
    { leaseSeconds, signal, verb: "discarded" },
    screen,
    async (messages, lane) => {
      await file.append(messages.map((message) => deadLetterLine(message, lane)));
      file.keep();
      return deleteDeadLetters(connection, lane, messages);
    },
  );
  file.keep();
  const { done, missed } = changed;
  if (options.json) {
    screen.json(resultJson(done, missed, deadLetters.length, false, options.exportTo));
  } else {
    screen.report(
      screen.paint("bold", `${many(done, "dead letter")}${of} discarded`),
      ...missedText(changed),
      `export  ${options.exportTo}`,
      "",
      "To undo:",
      `  ${screen.command(`dlq import ${shellWord(options.exportTo)}`)}`,
    );
  }
  return signal.aborted ? EXIT.interrupted : EXIT.done;
}

function resultJson(
  discarded: number,
  missed: number,
  due: number,
  dryRun: boolean,
  exported: string | null,
): unknown {
  return { version: 1, dryRun, due, discarded, missed, export: exported };
}
