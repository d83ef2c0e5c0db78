import { settingsOf } from "./stage-settings.ts";

const stage = $app.stage;

export const settings = settingsOf(stage);

/** Does this stage keep its pictures, and the keys they are encrypted with, when it is removed? */
export const retained = settings.keep;

/** The name of a resource that SST does not name: told apart by app and stage in one account. */
export function physical(name: string): string {
  return `${$app.name}-${stage}-${name}`;
}

/** Pinned by the settings: the provider goes nowhere else. */
export const { region } = settings;
/** The name of a resource of IAM, which knows no regions. */
export function physicalOfAccount(name: string): string {
  return `${physical(name)}-${region}`;
}

export const account = aws.getCallerIdentityOutput().accountId;
export const partition = aws.getPartitionOutput().partition;
