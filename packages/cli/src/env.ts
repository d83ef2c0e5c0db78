import { resolve } from "node:path";
import { invocationOf, OWN_SCRIPTS } from "./invocation.ts";
import { PROJECT } from "./project.ts";

export interface Env {
  /** Show an error's stack too. */
  readonly debug: boolean;
  /** What a relative path on the command line is relative to. */
  readonly cwd: string;
  /** The terminal understands cursor movements. */
  readonly cursor: boolean;
  /** What a person writes before a command to run this program: `npm run imagefleet --`. */
  readonly invocation: string;
}

export function readEnv(environment: NodeJS.ProcessEnv = process.env): Env {
  const script = environment["npm_lifecycle_event"];
  const stood = OWN_SCRIPTS.includes(script ?? "") ? environment["INIT_CWD"] : undefined;
  const cwd = resolve(stood ?? process.cwd());
  const main = process.argv[1] ?? resolve(PROJECT, "packages/cli/src/main.ts");
  return {
    debug: environment["IMAGEFLEET_DEBUG"] === "1",
    cwd,
    invocation: invocationOf(environment, { main, cwd, project: PROJECT }),
    cursor: environment["TERM"] !== "dumb",
  };
}
