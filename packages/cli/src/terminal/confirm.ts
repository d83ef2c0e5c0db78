import { createInterface } from "node:readline/promises";
import { UsageError } from "../usage-error.ts";
import { printableStyled } from "./printable.ts";
import type { Screen } from "./screen.ts";
import { wrap } from "./wrap.ts";

/**
 * For who would ask only after long work: says at once that there is nobody to ask.
 *
 * @param yes `--yes` was given
 * @param asks what is asked for, as `reprocess asks before it sends`
 * @param instead what else may be done, as `or --dry-run to only count`
 * @throws WrongUse where nobody can answer
 */
export function requirePerson(yes: boolean, asks: string, instead = ""): void {
  if (yes || (process.stdin.isTTY && process.stderr.isTTY)) return;
  const stream = process.stdin.isTTY ? "stderr" : "stdin";
  throw new UsageError(
    `${asks}, and nobody can be asked here, as ${stream} is no terminal: add --yes to go ahead without a question${instead === "" ? "" : `, ${instead}`}`,
  );
}

/**
 * Asks a person. Anything but yes is no; so are Ctrl-C and the end of input.
 *
 * @param yes `--yes` was given
 * @throws WrongUse where nobody can answer
 */
export async function confirm(
  question: string,
  yes: boolean,
  screen: Screen,
  signal: AbortSignal,
): Promise<boolean> {
  if (yes) return true;
  requirePerson(yes, `"${question}" wants an answer`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<undefined>((resolve) => lines.once("close", () => resolve(undefined)));
  // A terminal that is read by lines gives Ctrl-C as a character, not as a signal.
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
