import { type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { OUTPUT_FORMATS } from "@imagefleet/core/recipe";
import { type CommandContext, fleetCommand, recipeOption } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import type { Change } from "../../lab/change.ts";
import { wholeNumber } from "../../terminal/duration.ts";
import { TUNED_FORMATS } from "../../tuning/setting.ts";

const EXAMPLES = `
Examples:
  imagefleet compare ~/Pictures/holiday
  imagefleet compare photos --preset hero --set hero.avif.quality=50
  imagefleet compare photos --set hero.webp.quality=80 --set hero.webp.effort=4
  imagefleet compare s3://photos/2026/ --sample 20 --json | jq .total

compare encodes a sample of these images in each preset and format, and prints
bytes, score, CPU time and cost of the recipe as it is. Each --set changes one
value: the result is printed below that of the recipe, with the line of the
recipe that would have to be changed. Nothing is written. --set takes formats
that a preset does not have, too. The score is that of tune.
`;

export function addCompareCommand(root: Command, context: CommandContext): void {
  const description = "compare settings of the recipe on these images";
  fleetCommand(root, context, { name: "compare", description, examples: EXAMPLES })
    .argument("<targets...>", "files, folders, or one s3://bucket/prefix")
    .addOption(recipeOption(context))
    .option("--preset <name>", "only this preset")
    .addOption(new Option("--format <format>", "only this format").choices(OUTPUT_FORMATS))
    .option("--set <value>", "preset.format.field=value; can be repeated", changesOf, [])
    .option("--views <number>", "page views of each rendition, for the cost", wholeNumber(0), 10)
    .option("--sample <number>", "images to measure", wholeNumber(1), 6)
    .action(async (targets, options) => {
      const { compareCommand } = await import("./run.ts");
      const connection = readConnectionOptions(options);
      const all = { ...options, connection, targets, cwd: context.cwd };
      context.onExit(await compareCommand(all, context.screen(options.json)));
    });
}

/** The name of a preset may contain dots. */
const SET = new RegExp(
  `^(?<preset>.+)\\.(?<format>${TUNED_FORMATS.join("|")})\\.(?:(?<field>quality|effort)=(?<number>\\d+)|mozjpeg=(?<flag>true|false))$`,
);

function changesOf(text: string, before: readonly Change[]): Change[] {
  const { preset, format: word, field, number, flag } = SET.exec(text)?.groups ?? {};
  const format = TUNED_FORMATS.find((each) => each === word);
  if (preset === undefined || format === undefined) {
    throw new InvalidArgumentError(
      `Use preset.format.quality=60, .effort=4 or .mozjpeg=true, with the format ${TUNED_FORMATS.join(", ")}.`,
    );
  }
  const value = field === undefined ? { mozjpeg: flag === "true" } : { [field]: Number(number) };
  return [...before, { preset, format, ...value }];
}
