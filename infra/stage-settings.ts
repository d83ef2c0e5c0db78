import { settingsFromEnv } from "./env.ts";
import { parseSettings } from "./parse-settings.ts";
import { stages } from "./settings.ts";
import type { Settings } from "./settings-schema.ts";

/**
 * The settings of a stage.
 *
 * @throws Error naming each setting that is missing or wrong, its value and the fix
 */
export function settingsOf(stage: string): Settings {
  return parseSettings(stage, { ...(stages[stage] ?? stages["default"]), ...settingsFromEnv() });
}
