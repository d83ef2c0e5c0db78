import type { SettingsInput } from "./settings-schema.ts";

/** For every stage. Write your own: names that must be unique have no default. */
const fleet = {
  /** The fleet's name, with which every resource's name begins, such as "acme-photos". */
  app: "",
  /** The region to deploy to, such as "eu-central-1". */
  region: "",
};

/**
 * The settings of each stage that differ from the defaults (settings-schema.ts lists all settings).
 * `default` applies to every stage that is not named here: removing such a stage deletes its images.
 * Edit, then `npm run sst -- deploy --stage NAME`.
 *
 *   production: {
 *     ...fleet,
 *     accounts: ["123456789012"],
 *     source: { bucket: "my-photos", notifications: "eventbridge" },
 *     alarmEmails: ["oncall@example.com"],
 *     monthlyBudgetUsd: 200,
 *   },
 */
export const stages: Readonly<Record<string, Partial<SettingsInput>>> = {
  production: { ...fleet },
  default: { ...fleet, keep: false },
};
