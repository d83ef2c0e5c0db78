import { delimiter, dirname } from "node:path";

/** The environment of npm, ipx and Next.js: the user's, with the Node of this process first in the path. */
export function peersEnvironment(): NodeJS.ProcessEnv {
  const PATH = [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
  return { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", PATH };
}
