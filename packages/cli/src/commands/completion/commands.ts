import { Argument, type Command } from "@commander-js/extra-typings";
import { type CommandContext, examplesText } from "../../command-context.ts";
import { EXIT } from "../../exit-code.ts";
import { completedCommands, completionScript, SHELLS } from "./scripts.ts";

const EXAMPLES = `
Examples:
  source <(imagefleet completion bash)             in ~/.bashrc
  source <(imagefleet completion zsh)              in ~/.zshrc, after compinit
  imagefleet completion fish > ~/.config/fish/completions/imagefleet.fish

They complete the command imagefleet; docs/cli.md explains how to define it.
`;

/** Must be added last: it completes the commands that were added before it. */
export function addCompletionCommand(root: Command, context: CommandContext): void {
  root
    .command("completion")
    .description("print a script that completes commands and options")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText("after", examplesText(EXAMPLES, context.invocation))
    .action((shell) => {
      context.screen(false).raw(completionScript(shell, completedCommands(root)));
      context.onExit(EXIT.done);
    });
}
