import { createInterface } from "node:readline/promises";
import type { Screen } from "./view/screen.ts";
import { wrap } from "./view/wrap.ts";
import { WrongUse } from "./wrong-use.ts";

/**
 * Asks a person. Anything but yes is no; so is Ctrl-C.
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
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new WrongUse(
      `${question} Nobody can be asked here: --yes says yes, --dry-run only looks`,
    );
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const asked = `${screen.tint("bold", question)} ${screen.tint("dim", "[y/N]")} `;
    const answer = await lines.question(wrap(asked, process.stderr.columns), { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    lines.close();
  }
}
