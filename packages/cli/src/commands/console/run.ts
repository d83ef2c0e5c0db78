import { once } from "node:events";
import { createInterface } from "node:readline";
import { type OpenOptions, openConsole } from "../../console/open.ts";
import { EXIT } from "../../exit-code.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import type { Screen } from "../../terminal/screen.ts";

/** `imagefleet console`: serves the page until Ctrl-C. @returns the exit code */
export async function runConsole(options: OpenOptions, screen: Screen): Promise<number> {
  using interrupt = onInterrupt(() => undefined);
  await using opened = await openConsole(options);
  screen.verbatim(`console  ${opened.newLink()}`, "");
  screen.report(
    "The link works once, on this machine. Press Enter for another, and Ctrl-C to stop.",
  );
  const lines = createInterface({ input: process.stdin });
  lines.on("line", () => screen.verbatim(`console  ${opened.newLink()}`));
  if (!interrupt.signal.aborted) await once(interrupt.signal, "abort");
  lines.close();
  return EXIT.done;
}
