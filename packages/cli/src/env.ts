import { resolve } from "node:path";
import { invocationOf, OWN_SCRIPTS } from "./invocation.ts";
import { PROJECT } from "./project.ts";

export interface Env {
  /** Print the stack of an error. */
  readonly debug: boolean;
  /** The user's working directory, which relative paths are resolved against. */
  readonly cwd: string;
  /** True when the terminal supports cursor movements. */
  readonly cursor: boolean;
  /** How the program is called: `npm run imagefleet --`. */
  readonly invocation: string;
}

export function readEnv(environment: NodeJS.ProcessEnv = process.env): Env {
  const script = environment["npm_lifecycle_event"];
  const initial = OWN_SCRIPTS.includes(script ?? "") ? environment["INIT_CWD"] : undefined;
  const cwd = resolve(initial ?? process.cwd());
  const main = process.argv[1] ?? resolve(PROJECT, "packages/cli/src/main.ts");
  return {
    debug: environment["IMAGEFLEET_DEBUG"] === "1",
    cwd,
    invocation: invocationOf(environment, { main, cwd, project: PROJECT }),
    cursor: environment["TERM"] !== "dumb",
  };
}
