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
  imagefleet status --watch --json               one line of JSON a look

Dead letters are read to tell their reasons, and given back at once.
`;

const schema = v.object({
  json: v.optional(v.boolean(), false),
  watch: v.optional(v.boolean(), false),
  every: v.number(),
});

export function addStatusCommand(root: Command, context: CommandContext): void {
  speakingToAFleet(
    root.command("status").description("what waits, what is in flight, what died and why"),
    context,
    EXAMPLES,
  )
    .option("--watch", "look again and again, until Ctrl-C")
    .addOption(
      new Option("--every <seconds>", "between two looks")
        .argParser(wholeNumber(1, 3600))
        .default(2),
    )
    .action(async (options) => {
      const { status } = await import("./run.ts");
      const asked = v.parse(schema, options);
      const connection = readConnectionOptions(options);
      const all = { ...asked, connection, leaseSeconds: 30 };
      context.onExit(await status(all, context.screen(asked.json)));
    });
}
