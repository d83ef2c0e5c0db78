import { type Connection, connect } from "../../connection/connect.ts";
import { lanesOf } from "../../dead-letters/filter.ts";
import { type Survey, survey } from "../../dead-letters/survey.ts";
import { untilReleased } from "../../dead-letters/walk.ts";
import { EXIT } from "../../exit-code.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import type { DlqOptions } from "./options.ts";

/** How long another reader may take before the read begins without what it holds, ms. */
const PATIENCE_MS = 3_000;

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
  await untilReleased(connection, lanesOf(options.filter), PATIENCE_MS, signal);
  const found = await survey(connection, options.filter, { ...options, signal });
  // Without await, the connection and the handler of Ctrl-C would be disposed of before the work.
  return signal.aborted ? EXIT.interrupted : await work(found, connection, signal);
}
