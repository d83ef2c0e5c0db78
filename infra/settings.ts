import type { SettingsInput } from "./settings-schema.ts";

/** Of every stage. Write your own: there is no default for what must not meet another's. */
const fleet = {
  /** The fleet's name, which every resource's name begins with, as "acme-photos". */
  app: "",
  /** The region that it is deployed to, as "eu-central-1". */
  region: "",
};

/**
 * What a stage wants otherwise than the defaults (settings-schema.ts lists them all). `default` is
 * for every stage that is not named: it is thrown away with its pictures when it is removed. Edit,
 * then `npm run sst -- deploy --stage NAME`.
 *
 *   production: {
 *     ...fleet,
 *     accounts: ["123456789012"],
 *     source: { bucket: "my-photos", notifications: "replace" },
 *     alarmEmails: ["oncall@example.com"],
 *     monthlyBudgetUsd: 200,
 *   },
 */
export const stages: Readonly<Record<string, Partial<SettingsInput>>> = {
  production: { ...fleet },
  default: { ...fleet, keep: false },
};
