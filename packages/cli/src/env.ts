import { resolve } from "node:path";
import { invocationOf, OWN_SCRIPTS } from "./invocation.ts";
import { PROJECT } from "./project.ts";
import { UsageError } from "./usage-error.ts";

const PROGRESS_MS = { least: 100, usual: 5_000, most: 600_000 } as const;

export interface Env {
  /** The user's working directory, which relative paths are resolved against. */
  readonly cwd: string;
  /** True when the terminal supports cursor movements. */
  readonly cursor: boolean;
  /** How the program is called: `npm run imagefleet --`. */
  readonly invocation: string;
  /** How often a line of progress is written where stderr is not a terminal, ms. */
  readonly progressMs: number;
}

/** Is the stack of an error to be printed? */
export function isDebugging(environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment["IMAGEFLEET_DEBUG"] === "1";
}

/** @throws UsageError */
export function readEnv(environment: NodeJS.ProcessEnv = process.env): Env {
  const script = environment["npm_lifecycle_event"];
  const initial = OWN_SCRIPTS.includes(script ?? "") ? environment["INIT_CWD"] : undefined;
  const cwd = resolve(initial ?? process.cwd());
  const main = process.argv[1] ?? resolve(PROJECT, "packages/cli/src/main.ts");
  return {
    cwd,
    invocation: invocationOf(environment, { main, cwd, project: PROJECT }),
    cursor: environment["TERM"] !== "dumb",
    progressMs: progressMs(environment["IMAGEFLEET_PROGRESS_MS"]),
  };
}

function progressMs(text: string | undefined): number {
  if (text === undefined) return PROGRESS_MS.usual;
  const ms = Number(text);
  if (/^\d+$/.test(text) && ms >= PROGRESS_MS.least && ms <= PROGRESS_MS.most) return ms;
  throw new UsageError(
    `IMAGEFLEET_PROGRESS_MS is ${JSON.stringify(text)}. Use a whole number of milliseconds, ${PROGRESS_MS.least} to ${PROGRESS_MS.most}, or unset it`,
  );
}
