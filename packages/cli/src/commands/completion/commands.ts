import { Argument, type Command } from "@commander-js/extra-typings";
import { type CommandContext, examplesText } from "../../command-context.ts";
import { EXIT } from "../../exit-code.ts";
import { completionScript, SHELLS } from "./scripts.ts";
import { completedCommands } from "./tree.ts";

const EXAMPLES = `
Examples:
  source <(imagefleet completion bash)             in ~/.bashrc
  source <(imagefleet completion zsh)              in ~/.zshrc, after compinit
  imagefleet completion fish > ~/.config/fish/completions/imagefleet.fish

They complete a command imagefleet; docs/cli.md says how to have one.
`;

/** Must come last: it knows the commands that are there before it. */
export function addCompletionCommand(root: Command, context: CommandContext): void {
  root
    .command("completion")
    .description("a script by which a shell completes commands and options")
    .addArgument(new Argument("<shell>", "yours").choices(SHELLS))
    .addHelpText("after", examplesText(EXAMPLES, context.invocation))
    .action((shell) => {
      context.screen(false).raw(completionScript(shell, completedCommands(root)));
      context.onExit(EXIT.done);
    });
}
