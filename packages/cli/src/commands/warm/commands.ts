import type { Command } from "@commander-js/extra-typings";
import { type CommandContext, fleetCommand, recipeOption } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import { urlOption } from "../../delivery/url-option.ts";
import { wholeNumber } from "../../terminal/duration.ts";

const EXAMPLES = `
Examples:
  imagefleet warm                           everything that has a manifest
  imagefleet warm cats/ --preset hero --rate 20
  imagefleet warm cats/tom.jpg --url https://images.example.com

warm requests the renditions of presets with when: "request" before viewers do,
in every format and with the ?v= of the manifest, at the address where viewers
request them: they are then in the bucket, and in the cache of the nearest edge.
What exists already costs a request and no render. A throttled request is
repeated up to five times. After Ctrl-C it prints the command that continues.
The exit code is 3 when some could not be made.
`;

export function addWarmCommand(root: Command, context: CommandContext): void {
  const description = "request renditions that are made on request, before viewers do";
  fleetCommand(root, context, { name: "warm", description, examples: EXAMPLES })
    .argument("[sources...]", "keys of sources, or prefixes that end with / or *")
    .addOption(recipeOption(context))
    .option("--preset <name>", "only renditions of this preset")
    .addOption(urlOption())
    .option("--rate <number>", "requests per second (default: no limit)", wholeNumber(1, 10_000))
    .option("--concurrency <number>", "requests at the same time", wholeNumber(1, 1000), 4)
    .option("--after <key>", "only sources after this one")
    .action(async (named, options) => {
      const { warm } = await import("./run.ts");
      const all = { ...options, named, connection: readConnectionOptions(options) };
      context.onExit(await warm(all, context.screen(options.json)));
    });
}
