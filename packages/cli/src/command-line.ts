import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { CONNECTION_GROUP } from "./connection/options.ts";
import { shellWord } from "./invocation.ts";

/** Options that a repeated command needs in order to continue the same work. */
const REPEATED = ["--recipe", "--checkpoint", "--stage", "--url", "--rate", "--concurrency"];

/**
 * Completes a command so that it can be copied: with the connection options of the command that was run.
 *
 * @param invocation how the program is called: `npm run imagefleet --`
 * @param text the command: `dlq list --reason Throttled`
 * @param ran the command that was run; undefined before one was
 */
export function commandLine(
  invocation: string,
  text: string,
  ran: CommandUnknownOpts | undefined,
): string {
  const isSame = text.split(" ")[0] === ran?.name();
  const given = (ran?.options ?? []).filter(
    (option) =>
      ran?.getOptionValueSource(option.attributeName()) === "cli" &&
      (option.helpGroupHeading === CONNECTION_GROUP ||
        option.long === "--data" ||
        (isSame && REPEATED.includes(option.long ?? ""))),
  );
  const flags = given.map((option) => {
    const value: unknown = ran?.getOptionValue(option.attributeName());
    return `${option.long} ${shellWord(String(value))}`;
  });
  return [invocation, text, ...flags].join(" ");
}
