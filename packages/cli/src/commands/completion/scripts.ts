import type { CommandUnknownOpts } from "@commander-js/extra-typings";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The completion script of `imagefleet` for a shell. */
export function completionScript(shell: Shell, commands: readonly Completed[]): string {
  switch (shell) {
    case "bash":
      return bash(commands);
    case "zsh":
      // zsh can run bash completions.
      return `#compdef imagefleet\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
    case "fish":
      return fish(commands);
  }
}

function bash(commands: readonly Completed[]): string {
  const words = commands.map(({ path, subcommands, options }) => {
    const all = [...subcommands, ...options.map(({ flag }) => flag)].join(" ");
    return `    ${quoted(path)}) words=${quoted(all)} ;;`;
  });
  const values = commands.flatMap(({ path, options }) =>
    options.flatMap(({ flag, values: some = [] }) =>
      some.length === 0
        ? []
        : [`    ${quoted(`${path} ${flag}`.trim())}) words=${quoted(some.join(" "))} ;;`],
    ),
  );
  const known = commands.map(({ path }) => path).filter(Boolean);
  return `_imagefleet() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path= next words= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next=\${path:+$path }$word
    case $next in
      ${known.map((path) => quoted(path)).join("|")}) path=$next ;;
    esac
  done
  case $path in
${words.join("\n")}
  esac
  case "\${path:+$path }$prev" in
${values.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _imagefleet imagefleet
`;
}

function fish(commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ path, subcommands, options }) => {
    const at = path === "" ? "__fish_use_subcommand" : conditionOf(path);
    const describe = (name: string) =>
      commands.find((one) => one.path === `${path} ${name}`.trim())?.description ?? "";
    return [
      ...subcommands.map(
        (name) => `complete -c imagefleet -n ${quoted(at)} -a ${name} -d ${quoted(describe(name))}`,
      ),
      ...options.map(({ flag, description, values }) => {
        const value =
          values === undefined
            ? ""
            : values.length === 0
              ? " -r"
              : ` -x -a ${quoted(values.join(" "))}`;
        return `complete -c imagefleet -n ${quoted(at)} -l ${flag.slice(2)}${value} -d ${quoted(description)}`;
      }),
    ];
  });
  return `${lines.join("\n")}\n`;
}

function conditionOf(path: string): string {
  return path
    .split(" ")
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join("; and ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A command with the words that complete it. */
interface Completed {
  /** The command without the program's name: `dlq redrive`. */
  readonly path: string;
  readonly description: string;
  readonly subcommands: readonly string[];
  readonly options: readonly {
    readonly flag: string;
    readonly description: string;
    /** Undefined when the option takes no value; empty when it takes any value. */
    readonly values: readonly string[] | undefined;
  }[];
}

/** All commands of the parser, so that new ones are completed too. */
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
