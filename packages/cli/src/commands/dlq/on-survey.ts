import { type Connection, connect } from "../../connection/connect.ts";
import { type Survey, survey } from "../../dead-letters/survey.ts";
import { EXIT } from "../../exit-code.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import type { DlqOptions } from "./options.ts";

/**
 * Connects to the fleet, reads the selected dead letters, and works on what was found.
 *
 * @returns the exit code of the work, or of an interrupt that came before it
 */
export async function onSurvey(
  options: DlqOptions,
  work: (found: Survey, connection: Connection, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const found = await survey(connection, options.filter, { ...options, signal });
  // Without await, the connection and the handler of Ctrl-C would be disposed of before the work.
  return signal.aborted ? EXIT.interrupted : await work(found, connection, signal);
}
