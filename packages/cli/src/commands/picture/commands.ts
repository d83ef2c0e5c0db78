import { type Command, Option } from "@commander-js/extra-typings";
import { type CommandContext, fleetCommand, recipeOption } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import { leaseOption } from "../../dead-letters/lease-option.ts";
import { urlOption } from "../../delivery/url-option.ts";
import { momentOf } from "../../terminal/duration.ts";

const EXAMPLES = `
Examples:
  imagefleet picture cats/tom.jpg
  imagefleet picture thumb/cats/tom.jpg.webp       the source of a rendition
  imagefleet picture "https://images.example.com/thumb/cats/tom.jpg.auto?v=0a1b"
  imagefleet picture s3://photos/cats/tom.jpg --json | jq .state
  imagefleet picture cats/tom.jpg --logs --since 2h

picture reads the head of the source, its manifest and the heads of its
renditions, and never an image. It reads the dead letters, which others do not
see meanwhile, and releases them at once: --no-dead-letters leaves them alone.
The exit code is 3 unless the source is up to date and has no dead letter.
`;

export function addPictureCommand(root: Command, context: CommandContext): void {
  const description = "show everything about one source: its renditions and what is wrong";
  const command = fleetCommand(root, context, { name: "picture", description, examples: EXAMPLES })
    .argument("<name>", "a key, s3://bucket/key, or an address; also of a rendition")
    .addOption(recipeOption(context))
    .option("--no-dead-letters", "do not read dead letters")
    .addOption(leaseOption())
    .addOption(urlOption())
    .option("--logs", "also read the lines of the fleet's logs that name the source, on AWS")
    .addOption(
      new Option("--since <age>", "with --logs: lines since 90m, 12h, 7d or a date")
        .argParser((age) => momentOf(age))
        .default(momentOf("1d"), "1d"),
    );
  command.action(async (name, options) => {
    const { picture } = await import("./run.ts");
    const all = {
      ...options,
      name,
      isRecipeNamed: command.getOptionValueSource("recipe") === "cli",
      connection: readConnectionOptions(options),
    };
    context.onExit(await picture(all, context.screen(options.json)));
  });
}
