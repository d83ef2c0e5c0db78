import { filterText } from "../../dead-letters/filter.ts";
import { warnings } from "../../dead-letters/survey.ts";
import { deleteDeadLetters } from "../../dead-letters/walk.ts";
import { EXIT } from "../../exit-code.ts";
import { shellWord } from "../../invocation.ts";
import { confirm } from "../../terminal/confirm.ts";
import { many } from "../../terminal/format.ts";
import type { Screen } from "../../terminal/screen.ts";
import { change, missedText } from "./change.ts";
import { deadLetterLine } from "./dead-letter-line.ts";
import { checkExportFile, createExportFile } from "./export-file.ts";
import { onSurvey } from "./on-survey.ts";
import type { DlqChangeOptions } from "./options.ts";
import { planJson, planText } from "./plan.ts";

/**
 * `imagefleet dlq discard`: deletes dead letters. Each is a line of the export on the disk before it is
 * deleted, so that `imagefleet dlq import` can restore it.
 */
export async function discard(
  options: DlqChangeOptions & { readonly exportTo: string },
  screen: Screen,
): Promise<number> {
  const { exportTo, dryRun = false } = options;
  await checkExportFile("--export", exportTo);
  return onSurvey(options, async (found, connection, signal) => {
    const { deadLetters } = found;
    for (const warning of warnings(found)) screen.warn(warning);
    const of = filterText(options.filter);
    const all = many(deadLetters.length, "dead letter") + of;
    const due = { version: 1, dryRun, ...planJson(deadLetters) };
    if (dryRun || deadLetters.length === 0) {
      if (options.json) screen.json({ ...due, discarded: 0, missed: 0, export: null });
      else if (deadLetters.length === 0) screen.report(`No dead letters${of}: nothing to discard`);
      else {
        const first = screen.paint("bold", `${all} would be discarded`);
        screen.report(first, planText(deadLetters, Date.now()));
      }
      return EXIT.done;
    }
    const question = `Discard ${all} at ${connection.where} after an export to ${exportTo}?`;
    if (!(await confirm(question, options.yes, screen, signal))) {
      screen.note("Nothing was discarded.");
      return signal.aborted ? EXIT.interrupted : EXIT.failed;
    }
    await using file = await createExportFile("--export", exportTo);
    const { leaseSeconds } = options;
    const how = { leaseSeconds, signal, verb: "discarded" };
    const changed = await change(deadLetters, connection, how, screen, async (messages, lane) => {
      await file.append(messages.map((message) => deadLetterLine(message, lane)));
      file.keep();
      return deleteDeadLetters(connection, lane, messages);
    });
    file.keep();
    const { done, missed } = changed;
    if (options.json) screen.json({ ...due, discarded: done, missed, export: exportTo });
    else {
      screen.report(
        screen.paint("bold", `${many(done, "dead letter")}${of} discarded`),
        ...missedText(changed),
        `export  ${exportTo}`,
        "",
        "To undo:",
        `  ${screen.command(`dlq import ${shellWord(exportTo)}`)}`,
      );
    }
    return signal.aborted ? EXIT.interrupted : EXIT.done;
  });
}
