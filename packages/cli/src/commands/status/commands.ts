import { type Command, Option } from "@commander-js/extra-typings";
import * as v from "valibot";
import { type CommandContext, speakingToAFleet } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import { wholeNumber } from "../../terminal/duration.ts";

const EXAMPLES = `
Examples:
  imagefleet status                              once
  imagefleet status --watch                      until Ctrl-C
  imagefleet status --json | jq .lanes.small.waiting
  imagefleet status --watch --json               one JSON line per update

To report their reasons, status reads dead letters and releases them at once.
`;

const schema = v.object({
  json: v.optional(v.boolean(), false),
  watch: v.optional(v.boolean(), false),
  every: v.number(),
});

export function addStatusCommand(root: Command, context: CommandContext): void {
  speakingToAFleet(
    root
      .command("status")
      .description("show messages that wait or are in flight, and dead letters by reason"),
    context,
    EXAMPLES,
  )
    .option("--watch", "update until Ctrl-C")
    .addOption(
      new Option("--every <seconds>", "the time between updates")
        .argParser(wholeNumber(1, 3600))
        .default(2),
    )
    .action(async (options) => {
      const { status } = await import("./run.ts");
      const given = v.parse(schema, options);
      const connection = readConnectionOptions(options);
      const all = { ...given, connection, leaseSeconds: 30 };
      context.onExit(await status(all, context.screen(given.json)));
    });
}
