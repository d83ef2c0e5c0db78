import type { Command } from "@commander-js/extra-typings";
import { type CommandContext, fleetCommand } from "../../command-context.ts";
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

export function addStatusCommand(root: Command, context: CommandContext): void {
  const description = "show messages that wait or are in flight, and dead letters by reason";
  fleetCommand(root, context, { name: "status", description, examples: EXAMPLES })
    .option("--watch", "update until Ctrl-C")
    .option("--every <seconds>", "the time between updates", wholeNumber(1, 3600), 2)
    .action(async (options) => {
      const { status } = await import("./run.ts");
      const connection = readConnectionOptions(options);
      const all = { ...options, connection, leaseSeconds: 30 };
      context.onExit(await status(all, context.screen(options.json)));
    });
}
