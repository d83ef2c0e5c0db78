import { shellWord } from "../call.ts";
import { confirm } from "../confirm.ts";
import { connect } from "../connection/connect.ts";
import { EXIT } from "../exit-code.ts";
import { onInterrupt } from "../interrupt.ts";
import type { Screen } from "../view/screen.ts";
import { many } from "../view/thousands.ts";
import { change } from "./change.ts";
import { createExportFile } from "./export-file.ts";
import { filterText } from "./filter.ts";
import { letterLine } from "./letter-line.ts";
import type { DlqChangeOptions } from "./options.ts";
import { doubts, survey } from "./survey.ts";

/**
 * `imagefleet dlq discard`: letters away. Each is a line of the export, on the disk, before it is
 * deleted: `imagefleet dlq import` brings them back.
 */
export async function discard(
  options: DlqChangeOptions & { readonly exportTo: string },
  screen: Screen,
): Promise<number> {
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const found = await survey(connection, options.filter, { ...options, signal });
  if (signal.aborted) return EXIT.interrupted;
  const { letters } = found;
  for (const doubt of doubts(found)) screen.note(screen.tint("yellow", `! ${doubt}`));
  const of = filterText(options.filter);
  if (options.dryRun || letters.length === 0) {
    if (options.json) screen.json(resultJson(0, 0, letters.length, options.dryRun, null));
    else if (letters.length === 0) screen.report(`No dead letters${of}: nothing to discard`);
    else
      screen.report(
        screen.paint("bold", `${many(letters.length, "letter")}${of} would be discarded`),
      );
    return EXIT.done;
  }
  const question = `Discard ${many(letters.length, "letter")}${of} at ${connection.where}, after exporting to ${options.exportTo}?`;
  if (!(await confirm(question, options.yes, screen, signal))) {
    screen.note("Nothing was discarded.");
    return signal.aborted ? EXIT.interrupted : EXIT.failed;
  }
  await using file = await createExportFile("--export", options.exportTo);
  const queues = await connection.lanes();
  const { leaseSeconds } = options;
  const { done, missed } = await change(
    letters,
    connection,
    { leaseSeconds, signal, verb: "discarded" },
    screen,
    async (messages, lane) => {
      await file.append(messages.map((message) => letterLine(message, lane)));
      const kept = new Set(await queues[lane].letters.remove(messages));
      return messages.filter((message) => !kept.has(message));
    },
  );
  if (options.json) {
    screen.json(resultJson(done, missed, letters.length, false, options.exportTo));
  } else {
    screen.report(
      screen.paint("bold", `${many(done, "letter")}${of} discarded`),
      ...(missed === 0 ? [] : [`${many(missed, "letter")} not met again: somebody else took them`]),
      `export  ${options.exportTo}`,
      "",
      "To undo it:",
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
