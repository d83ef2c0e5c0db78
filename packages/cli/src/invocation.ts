import { basename, join, relative, sep } from "node:path";

/** The npm scripts that start this program. npm runs them in the project folder, not in the user's. */
export const OWN_SCRIPTS: readonly string[] = ["start", "imagefleet"];

/** scripts/run.mjs sets it to the script that it was called for. */
const ENTRY = "IMAGEFLEET_ENTRY";

/** How each package manager runs a script of this project with arguments. */
const MANAGERS: Readonly<Record<string, (project: string | undefined) => string>> = {
  npm: (project) => `npm ${project === undefined ? "" : `--prefix ${project} `}run imagefleet --`,
  pnpm: (project) => `pnpm ${project === undefined ? "" : `--dir ${project} `}run imagefleet`,
  yarn: (project) => `yarn ${project === undefined ? "" : `--cwd ${project} `}run imagefleet`,
};

/**
 * How the user called this program, so that printed commands can be copied. In a clone, `imagefleet` is
 * not a command.
 *
 * @param options.main the program's file, `process.argv[1]`
 * @param options.cwd the user's working directory
 * @param options.project the folder whose package.json has the scripts
 */
export function invocationOf(
  environment: NodeJS.ProcessEnv,
  { main, cwd, project }: { main: string; cwd: string; project: string },
): string {
  if (OWN_SCRIPTS.includes(environment["npm_lifecycle_event"] ?? "")) {
    const manager = /^\w+/.exec(environment["npm_config_user_agent"] ?? "")?.[0] ?? "npm";
    const run = MANAGERS[manager] ?? MANAGERS["npm"];
    const isInside = `${cwd}${sep}`.startsWith(`${project.replace(/[\\/]$/, "")}${sep}`);
    if (run) return run(isInside ? undefined : shellWord(project.replace(/[\\/]$/, "")));
  }
  if (basename(main) === "imagefleet") return "imagefleet";
  // scripts/run.mjs runs on any Node version and finds the one that the program needs.
  if (OWN_SCRIPTS.includes(environment[ENTRY] ?? "")) {
    return `node ${shellWord(relative(cwd, join(project, "scripts", "run.mjs")))} imagefleet`;
  }
  return `node ${shellWord(relative(cwd, main))}`;
}

/** A word for a shell, quoted if necessary. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
