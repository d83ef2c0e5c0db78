import type { ConnectionOptions } from "../../connection/options.ts";
import type { DeadLetterFilter } from "../../dead-letters/filter.ts";

/** What every dlq command was asked for. */
export interface DlqOptions {
  readonly connection: ConnectionOptions;
  readonly filter: DeadLetterFilter;
  readonly json: boolean;
  readonly leaseSeconds: number;
}

/** What a command that changes something was asked for besides. */
export interface DlqChangeOptions extends DlqOptions {
  readonly yes: boolean;
  readonly dryRun: boolean;
}
