import { createInterface } from "node:readline/promises";
import { UsageError } from "../usage-error.ts";
import { printableStyled } from "./printable.ts";
import type { Screen } from "./screen.ts";
import { wrap } from "./wrap.ts";

/**
 * Fails early when a later {@link confirm} would have no terminal to ask on.
 *
 * @param yes `--yes` was given
 * @param asks what needs the confirmation: `reprocess asks before it sends`
 * @param instead an alternative: `or --dry-run to only count`
 * @throws UsageError without a terminal
 */
export function requirePerson(yes: boolean | undefined, asks: string, instead = ""): void {
  if (yes || (process.stdin.isTTY && process.stderr.isTTY)) return;
  const stream = process.stdin.isTTY ? "stderr" : "stdin";
  throw new UsageError(
    `${asks}, but ${stream} is not a terminal: add --yes to proceed without confirmation${instead === "" ? "" : `, ${instead}`}`,
  );
}

/**
 * Asks for confirmation. Any answer but yes, Ctrl-C and the end of input all mean no.
 *
 * @param yes `--yes` was given
 * @throws UsageError without a terminal
 */
export async function confirm(
  question: string,
  yes: boolean | undefined,
  screen: Screen,
  signal: AbortSignal,
): Promise<boolean> {
  if (yes) return true;
  requirePerson(yes, `"${question}" needs an answer`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<undefined>((resolve) => lines.once("close", () => resolve(undefined)));
  // While readline reads from a terminal, Ctrl-C is a character and not a signal.
  lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    const asked = `${screen.tint("bold", question)} ${screen.tint("dim", "[y/N]")} `;
    const answered = lines.question(wrap(printableStyled(asked), process.stderr.columns), {
      signal,
    });
    const answer = await Promise.race([answered, ended]);
    if (answer === undefined) process.stderr.write("\n");
    return /^y(es)?$/i.test(answer?.trim() ?? "");
  } catch (error) {
    if (!signal.aborted) throw error;
    process.stderr.write("\n");
    return false;
  } finally {
    lines.close();
  }
}
