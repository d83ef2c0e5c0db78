import { type Command, Option } from "@commander-js/extra-typings";
import * as v from "valibot";
import { type CommandContext, speakingToAFleet } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";

const EXAMPLES = `
Examples:
  imagefleet doctor                              the fleet on this machine
  imagefleet doctor --stage production           after a deployment
  imagefleet doctor --stage production --alarm --json > doctor.json

It checks queues, notifications, the event source mapping, the ECS service,
permissions and alarms. Then it uploads a small picture and one of 21 MB under
imagefleet-doctor/ in the source bucket, waits for their renditions, and removes
all of them with all versions. This takes at most five minutes, and up to 20
more when the large lane has no task. --alarm also sends a dead letter with
reason DoctorTest, and deletes it by its id. The exit code is 3 when a check
finds a problem.
`;

const schema = v.object({
  json: v.optional(v.boolean(), false),
  alarm: v.optional(v.boolean(), false),
  stage: v.optional(v.string()),
  recipe: v.string(),
});

export function addDoctorCommand(root: Command, context: CommandContext): void {
  speakingToAFleet(
    root.command("doctor").description("check that a deployed fleet works, and report problems"),
    context,
    EXAMPLES,
  )
    .addOption(new Option("--stage <name>", "a stage of infra/settings.ts, on AWS"))
    .option("--alarm", "also test an alarm; takes up to 40 minutes on AWS")
    .addOption(
      new Option("--recipe <file>", "the recipe's module")
        .argParser(context.path)
        .default(context.recipe, "recipe.ts of the project"),
    )
    .action(async (options) => {
      const { doctor } = await import("./run.ts");
      const { stage, ...given } = v.parse(schema, options);
      const connection = readConnectionOptions(options);
      context.onExit(await doctor({ ...given, stage, connection }, context.screen(given.json)));
    });
}
