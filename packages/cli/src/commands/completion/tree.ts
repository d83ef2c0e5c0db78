import type { CommandUnknownOpts } from "@commander-js/extra-typings";

/** A command as a shell completes it. */
export interface Completed {
  /** The words that lead to it, without the program's own: `dlq redrive`. */
  readonly path: string;
  readonly description: string;
  readonly subcommands: readonly string[];
  readonly options: readonly {
    readonly flag: string;
    readonly description: string;
    /** Undefined when it takes no value; empty when it may be anything. */
    readonly values: readonly string[] | undefined;
  }[];
}

/** Every command there is, from the parser's own tree: what is added there is completed. */
export function completedCommands(
  root: CommandUnknownOpts,
  path: readonly string[] = [],
): Completed[] {
  const visible = root.createHelp().visibleCommands(root);
  const options = root.createHelp().visibleOptions(root);
  return [
    {
      path: path.join(" "),
      description: root.description(),
      subcommands: visible.map((command) => command.name()),
      options: options.flatMap(({ long, description, argChoices, required, optional }) =>
        long
          ? [
              {
                flag: long,
                description,
                values: required || optional ? (argChoices ?? []) : undefined,
              },
            ]
          : [],
      ),
    },
    ...root.commands.flatMap((command) => completedCommands(command, [...path, command.name()])),
  ];
}
