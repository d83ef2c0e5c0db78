import { settingsOf } from "./stage-settings.ts";

const stage = $app.stage;

export const settings = settingsOf(stage);

/** Does this stage keep its pictures, and the keys they are encrypted with, when it is removed? */
export const retained = settings.keep;

/** The name of a resource that SST does not name: told apart by app and stage in one account. */
export function physical(name: string): string {
  return `${$app.name}-${stage}-${name}`;
}

export const region = aws.getRegionOutput().region;
export const account = aws.getCallerIdentityOutput().accountId;
export const partition = aws.getPartitionOutput().partition;
