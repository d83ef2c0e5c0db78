import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { CONNECTION_GROUP } from "./connection/options.ts";
import { shellWord } from "./invocation.ts";

/** What the same command needs besides, to speak of the same thing once more. */
const OF_THE_SAME = ["--recipe", "--checkpoint", "--stage"];

/**
 * A command that a person can copy: with the options by which the one that they have run found its
 * fleet.
 *
 * @param call what comes before it, `npm run imagefleet --`
 * @param text the command itself: `dlq list --reason Throttled`
 * @param ran what was run; undefined before anything was
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
        (isSame && OF_THE_SAME.includes(option.long ?? ""))),
  );
  const flags = given.map((option) => {
    const value: unknown = ran?.getOptionValue(option.attributeName());
    return `${option.long} ${shellWord(String(value))}`;
  });
  return [invocation, text, ...flags].join(" ");
}
