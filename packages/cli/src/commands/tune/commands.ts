import { type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { type CommandContext, fleetCommand, recipeOption } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import { wholeNumber } from "../../terminal/duration.ts";
import { TUNED_FORMATS, type TunedFormat } from "../../tuning/setting.ts";

const EXAMPLES = `
Examples:
  imagefleet tune ~/Pictures/holiday
  imagefleet tune s3://photos/2026/ --sample 40 --target excellent
  imagefleet tune photos --formats avif,webp,jpeg      compare formats
  imagefleet tune photos --least bytes --thorough
  imagefleet tune photos --views 1000 --write          into the recipe

tune finds the quality and the effort with which the renditions of a sample of
these images reach a score at the least cost, for each preset. It encodes them
on this machine, and compares each with the pixels before by SSIMULACRA 2.1:

  medium          50   artifacts are slightly annoying
  high            70   artifacts are not noticed without the original beside it
  very-high       80   nor side by side, at 1:1 from a normal distance
  excellent       85   nor in a flicker test, from a normal distance
  lossless        90   nor in a flicker test at all, by most

The score of a setting is the mean of the images. --least usd adds the time of
the function, the PUT and the transfer of --views page views of each rendition.
`;

/** https://github.com/cloudinary/ssimulacra2#usage */
const LEVELS: Readonly<Record<string, number>> = {
  medium: 50,
  high: 70,
  "very-high": 80,
  excellent: 85,
  lossless: 90,
};

export function addTuneCommand(root: Command, context: CommandContext): void {
  const description = "find the quality and effort of each preset for these images";
  fleetCommand(root, context, { name: "tune", description, examples: EXAMPLES })
    .argument("<targets...>", "files, folders, or one s3://bucket/prefix")
    .addOption(recipeOption(context))
    .option("--target <score>", "a score from 1 to 99, or a level", scoreOf, 80)
    .addOption(
      new Option("--least <what>", "what to save at that score")
        .choices(["usd", "bytes", "cpu"] as const)
        .default("usd" as const),
    )
    .option("--views <number>", "page views of each rendition, for the cost", wholeNumber(0), 10)
    .option("--formats <list>", "formats to compare (default: those of the recipe)", formatsOf)
    .option("--sample <number>", "images to measure", wholeNumber(1), 20)
    .option("--full", "score whole renditions instead of the 512 px in their middle")
    .option("--thorough", "measure also efforts that take seconds for a picture")
    .option("--write", "write the result into the recipe")
    .action(async (targets, options) => {
      const { tuneCommand } = await import("./run.ts");
      const connection = readConnectionOptions(options);
      const all = { ...options, connection, targets, cwd: context.cwd };
      context.onExit(await tuneCommand(all, context.screen(options.json)));
    });
}

function scoreOf(text: string): number {
  const score = LEVELS[text] ?? Number(text);
  if (score >= 1 && score <= 99) return score;
  const levels = Object.keys(LEVELS).join(", ");
  throw new InvalidArgumentError(`Use a number from 1 to 99, or one of ${levels}.`);
}

function formatsOf(text: string): TunedFormat[] {
  return text.split(",").map((word) => {
    const format = TUNED_FORMATS.find((each) => each === word.trim());
    if (format !== undefined) return format;
    throw new InvalidArgumentError(`Use a list of ${TUNED_FORMATS.join(", ")}, such as avif,webp.`);
  });
}
