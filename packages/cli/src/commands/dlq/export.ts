import { LANES } from "@imagefleet/core/outcome";
import { readDeadLetter } from "@imagefleet/core/queue";
import { connect } from "../../connection/connect.ts";
import { filterText, matches } from "../../dead-letters/filter.ts";
import { sweep } from "../../dead-letters/sweep.ts";
import { EXIT } from "../../exit-code.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import type { Screen } from "../../terminal/screen.ts";
import { many } from "../../terminal/thousands.ts";
import { deadLetterLine } from "./dead-letter-line.ts";
import { createExportFile, type ExportFile } from "./export-file.ts";
import type { DlqOptions } from "./options.ts";

/** `imagefleet dlq export`: dead letters as lines of JSON, into a file or onto stdout; they stay where they are. */
export async function exportDeadLetters(
  options: DlqOptions & { readonly file: string | undefined },
  screen: Screen,
): Promise<number> {
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const { filter, leaseSeconds, file: path } = options;
  const queues = await connection.lanes();
  await using file = path === undefined ? stdout(screen) : await createExportFile("FILE", path);
  let lines = 0;
  await Promise.all(
    LANES.filter((lane) => (filter.lane ?? lane) === lane).map((lane) =>
      sweep(queues[lane].deadLetters, {
        leaseSeconds,
        waitSeconds: connection.consistencyDelaySeconds,
        signal,
        async take(messages) {
          const meant = messages.filter((message) =>
            matches(readDeadLetter(message, lane), filter),
          );
          if (meant.length > 0)
            await file.append(meant.map((message) => deadLetterLine(message, lane)));
          lines += meant.length;
          return [];
        },
      }),
    ),
  );
  file.keep();
  const where = path === undefined ? "" : ` to ${path}`;
  if (options.json && path !== undefined) screen.json({ version: 1, exported: lines, file: path });
  else
    screen.note(
      `${many(lines, "dead letter")}${filterText(filter)} exported${where}; they stay where they are`,
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
