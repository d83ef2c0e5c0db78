import { once } from "node:events";
import { offerLinks } from "../../console/links.ts";
import { type OpenOptions, openConsole } from "../../console/open.ts";
import { EXIT } from "../../exit-code.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import type { Screen } from "../../terminal/screen.ts";

/** `imagefleet console`: serves the page until Ctrl-C. @returns the exit code */
export async function runConsole(options: OpenOptions, screen: Screen): Promise<number> {
  using interrupt = onInterrupt(() => undefined);
  await using opened = await openConsole(options);
  using _links = offerLinks(opened, screen);
  screen.report(
    "",
    "The link works once, on this machine. Press Enter for another, Ctrl-C to stop.",
  );
  if (!interrupt.signal.aborted) await once(interrupt.signal, "abort");
  return EXIT.done;
}
