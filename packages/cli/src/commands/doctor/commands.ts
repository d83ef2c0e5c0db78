import type { Command } from "@commander-js/extra-typings";
import { type CommandContext, fleetCommand, recipeOption } from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";

const EXAMPLES = `
Examples:
  imagefleet doctor                              the fleet on this machine
  imagefleet doctor --stage production           after a deployment
  imagefleet doctor --stage production --alarm --json > doctor.json

It checks queues, notifications, the event source mapping, the ECS service,
permissions, alarms, the distribution, and the table and the API of uploads,
where the stage has them. Then it uploads a small picture and one of 21 MB under
imagefleet-doctor/ in the source bucket, waits for their renditions, requests
some as viewers do, and removes all of them with all versions. This takes at
most five minutes, and up to 20 more when the large lane has no task. --alarm
also sends a dead letter with reason DoctorTest, and deletes it by its id.
Signed sizes are tested with the key that sst shell or the variable
IMAGEFLEET_SIGNING_KEY gives, and the API at the address that sst shell or
IMAGEFLEET_API_URL gives. The exit code is 3 when a check finds a problem.
`;

export function addDoctorCommand(root: Command, context: CommandContext): void {
  const description = "check that a deployed fleet works, and report problems";
  fleetCommand(root, context, { name: "doctor", description, examples: EXAMPLES })
    .option("--stage <name>", "a stage of infra/settings.ts, on AWS")
    .option("--alarm", "also test an alarm; takes up to 40 minutes on AWS")
    .addOption(recipeOption(context))
    .action(async (options) => {
      const { doctor } = await import("./run.ts");
      const all = { ...options, connection: readConnectionOptions(options) };
      context.onExit(await doctor(all, context.screen(options.json)));
    });
}
