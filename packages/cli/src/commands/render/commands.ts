import { resolve } from "node:path";
import { type Command, Option } from "@commander-js/extra-typings";
import {
  type CommandContext,
  examplesText,
  FOLDERS_HELP,
  recipeOption,
} from "../../command-context.ts";

const EXAMPLES = `
Examples:
  imagefleet render photo.jpg                          into ./renditions
  imagefleet render photos --recipe my.ts --out out    a folder, another recipe
  imagefleet render photos --json | jq .renditions     one JSON line per file
${FOLDERS_HELP}`;

export function addRenderCommand(root: Command, context: CommandContext): void {
  const { path, cwd } = context;
  root
    .command("render")
    .description("apply the recipe to files, without queues or S3")
    .argument("<paths...>", "image files or folders")
    .option("--json", "print one JSON line per file on stdout, everything else on stderr")
    .addOption(
      new Option("--out <dir>", "the folder for the renditions")
        .argParser(path)
        .default(resolve(cwd, "renditions"), "./renditions"),
    )
    .addOption(recipeOption(context))
    .addHelpText("after", examplesText(EXAMPLES, context.invocation))
    .action(async (paths, { json = false, ...options }) => {
      const { renderFiles } = await import("./run.ts");
      context.onExit(await renderFiles({ paths, cwd, json, ...options }, context.screen(json)));
    });
}
