/** Settings for this deployment, as JSON. They override the stage's settings in settings.ts. */
export function settingsFromEnv(): object {
  const text = process.env["IMAGEFLEET_SETTINGS"];
  if (text === undefined || text === "") return {};
  const value: unknown = parse(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new Error(`IMAGEFLEET_SETTINGS is ${text}: it must be a JSON object, {"source": …}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
