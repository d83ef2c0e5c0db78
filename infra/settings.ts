import type { SettingsInput } from "./settings-schema.ts";

/**
 * What a stage wants otherwise than the defaults (settings-schema.ts lists them all). `default` is
 * for every stage that is not named. Edit, then `npm run sst -- deploy --stage NAME`.
 *
 *   production: {
 *     source: { bucket: "my-photos", notifications: "replace" },
 *     alarmEmails: ["oncall@example.com"],
 *     monthlyBudgetUsd: 200,
 *   },
 */
export const stages: Readonly<Record<string, SettingsInput>> = {
  production: {},
  default: {},
};
