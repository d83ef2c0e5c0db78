/** The time between the progress lines of a command, ms. */
const PROGRESS_MS = "500";

/** The environment of a command's process: that of the console, which has the credentials. */
export function commandEnv(): NodeJS.ProcessEnv {
  return { ...process.env, NO_COLOR: "1", IMAGEFLEET_PROGRESS_MS: PROGRESS_MS };
}
