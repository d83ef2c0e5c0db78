import { resolve } from "node:path";

export interface Env {
  /** Show an error's stack too. */
  readonly debug: boolean;
  /** What a relative path on the command line is relative to. */
  readonly cwd: string;
  /** The terminal understands cursor movements. */
  readonly cursor: boolean;
}

/** npm runs a script from the package's root; the person may stand in a folder below it. */
const OWN_SCRIPTS = ["start", "imagefleet"];

export function readEnv(environment: NodeJS.ProcessEnv = process.env): Env {
  const script = environment["npm_lifecycle_event"];
  const stood = OWN_SCRIPTS.includes(script ?? "") ? environment["INIT_CWD"] : undefined;
  return {
    debug: environment["IMAGEFLEET_DEBUG"] === "1",
    cwd: resolve(stood ?? process.cwd()),
    cursor: environment["TERM"] !== "dumb",
  };
}
