import type { Completed } from "./tree.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The script that a shell loads to complete `imagefleet`. */
export function completionScript(shell: Shell, commands: readonly Completed[]): string {
  switch (shell) {
    case "bash":
      return bash(commands);
    case "zsh":
      // zsh runs bash's completions; one script is one to get right.
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
