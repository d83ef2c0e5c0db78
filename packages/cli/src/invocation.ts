import { basename, join, relative, sep } from "node:path";

/** npm runs a script from the package's root; the person may stand in a folder below it. */
export const OWN_SCRIPTS: readonly string[] = ["start", "imagefleet"];

/** In it scripts/run.mjs says what it was asked for. */
const ENTRY = "IMAGEFLEET_ENTRY";

/** How each package manager is told to run a script of this project with arguments. */
const MANAGERS: Readonly<Record<string, (project: string | undefined) => string>> = {
  npm: (project) => `npm ${project === undefined ? "" : `--prefix ${project} `}run imagefleet --`,
  pnpm: (project) => `pnpm ${project === undefined ? "" : `--dir ${project} `}run imagefleet`,
  yarn: (project) => `yarn ${project === undefined ? "" : `--cwd ${project} `}run imagefleet`,
};

/**
 * What a person writes before a command to run this program as they have run it now: hints are there
 * to be copied, and `imagefleet` alone is no command in a clone.
 *
 * @param options.main the program's own file as it was called, `process.argv[1]`
 * @param options.cwd where the person stands
 * @param options.project the folder whose package.json has the scripts
 */
export function invocationOf(
  environment: NodeJS.ProcessEnv,
  { main, cwd, project }: { main: string; cwd: string; project: string },
): string {
  if (OWN_SCRIPTS.includes(environment["npm_lifecycle_event"] ?? "")) {
    const manager = /^\w+/.exec(environment["npm_config_user_agent"] ?? "")?.[0] ?? "npm";
    const run = MANAGERS[manager] ?? MANAGERS["npm"];
    const stands = `${cwd}${sep}`.startsWith(`${project.replace(/[\\/]$/, "")}${sep}`);
    if (run) return run(stands ? undefined : shellWord(project.replace(/[\\/]$/, "")));
  }
  if (basename(main) === "imagefleet") return "imagefleet";
  // Through the door any Node does; the program itself needs the one that the door has found.
  if (OWN_SCRIPTS.includes(environment[ENTRY] ?? "")) {
    return `node ${shellWord(relative(cwd, join(project, "scripts", "run.mjs")))} imagefleet`;
  }
  return `node ${shellWord(relative(cwd, main))}`;
}

/** A word as a shell reads it: quoted where it would be more than one, or another. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
