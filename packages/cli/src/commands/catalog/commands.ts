import type { Command } from "@commander-js/extra-typings";
import {
  type CommandContext,
  examplesText,
  fleetCommand,
  recipeOption,
} from "../../command-context.ts";
import { readConnectionOptions } from "../../connection/options.ts";
import { wholeNumber } from "../../terminal/duration.ts";

const EXAMPLES = {
  catalog: `
Examples:
  imagefleet catalog check
  imagefleet catalog rebuild

The catalog is a table with one item for each image, which a function keeps
equal to the manifests in the rendition bucket.
`,
  check: `
Examples:
  imagefleet catalog check                      the fleet on this machine
  imagefleet catalog check --stage production
  imagefleet catalog check --json | jq -c 'select(.kind=="differs")'

check reads every item with its manifest, and lists the manifests. It reports
items that are not as their manifest says, manifests without an item, and items
without a manifest. An image whose manifest was just written is looked at again
for some seconds: its item may be on its way. The exit code is 3 when the table
differs.
`,
  rebuild: `
Examples:
  imagefleet catalog rebuild                    the fleet on this machine
  imagefleet catalog rebuild --stage production

rebuild reads every manifest, and writes the items that are missing or not as
their manifest says. It writes nothing else, removes nothing and notifies
nobody. The fleet may work meanwhile: an item of a later manifest stays as it
is. After Ctrl-C or a kill, run it again. The exit code is 3 when manifests
cannot be read.
`,
};

/** Adds `catalog` and its subcommands. */
export function addCatalogCommands(root: Command, context: CommandContext): void {
  const { screen, onExit } = context;
  const catalog = root
    .command("catalog")
    .description("compare the table of images with the manifests, or rebuild it")
    .addHelpText("after", examplesText(EXAMPLES.catalog, context.invocation));
  const sub = (name: "check" | "rebuild", description: string) =>
    fleetCommand(catalog, context, { name, description, examples: EXAMPLES[name] })
      .option("--stage <name>", "a stage of infra/settings.ts, on AWS")
      .option("--table <name>", "the table [IMAGEFLEET_TABLE]")
      .option(
        "--upload-key <template>",
        "the setting uploads.key, if it is not found [IMAGEFLEET_UPLOAD_KEY]",
      )
      .addOption(recipeOption(context));

  sub("check", "find items that are not as their manifests say")
    .option("--limit <number>", "most findings to print; --json prints all", wholeNumber(0), 40)
    .action(async (options) => {
      const { checkCatalog } = await import("./check.ts");
      const all = { ...options, connection: readConnectionOptions(options) };
      onExit(await checkCatalog(all, screen(options.json)));
    });

  sub("rebuild", "write the items that are not as their manifests say").action(async (options) => {
    const { rebuildCatalog } = await import("./rebuild.ts");
    const all = { ...options, connection: readConnectionOptions(options) };
    onExit(await rebuildCatalog(all, screen(options.json)));
  });
}
