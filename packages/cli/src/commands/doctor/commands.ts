import { type Command, Option } from "@commander-js/extra-typings";
import * as v from "valibot";
import { type CommandContext, speakingToAFleet } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";

const EXAMPLES = `
Examples:
  imagefleet doctor                              the fleet on this machine
  imagefleet doctor --stage production           after a deployment
  imagefleet doctor --stage production --alarm --json > doctor.json

It reads queues, notification, mapping, service, permissions and alarms, puts a
small picture and one of 21 MB below imagefleet-doctor/ in the source bucket,
follows both to their renditions, and removes them with all their versions. That
takes five minutes at most, and up to 20 more where the large lane has no task.
--alarm also puts a dead letter of reason DoctorTest, and removes it by its id.
The exit code is 3 when anything is wrong.
`;

const schema = v.object({
  json: v.optional(v.boolean(), false),
  alarm: v.optional(v.boolean(), false),
  stage: v.optional(v.string()),
  recipe: v.string(),
});

export function addDoctorCommand(root: Command, context: CommandContext): void {
  speakingToAFleet(
    root.command("doctor").description("does a deployed fleet work, and what is wrong if not"),
    context,
    EXAMPLES,
  )
    .addOption(new Option("--stage <name>", "a stage of infra/settings.ts, on AWS"))
    .option("--alarm", "also see an alarm go off; up to 40 minutes on AWS")
    .addOption(
      new Option("--recipe <file>", "the recipe's module")
        .argParser(context.path)
        .default(context.recipe, "recipe.ts of the project"),
    )
    .action(async (options) => {
      const { doctor } = await import("./run.ts");
      const { stage, ...asked } = v.parse(schema, options);
      const connection = readConnectionOptions(options);
      context.onExit(await doctor({ ...asked, stage, connection }, context.screen(asked.json)));
    });
}
