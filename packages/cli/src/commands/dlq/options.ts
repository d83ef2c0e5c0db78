import type { Lane } from "@imagefleet/core/outcome";
import type { ConnectionOptions } from "../../connection/options.ts";
import type { DeadLetterFilter } from "../../dead-letters/filter.ts";

/** The options of every dlq command. */
export interface DlqOptions {
  readonly connection: ConnectionOptions;
  readonly filter: DeadLetterFilter;
  readonly json?: boolean | undefined;
  readonly leaseSeconds: number;
  /** The lanes that are read; those of the filter by default. */
  readonly lanes?: readonly Lane[];
}

/** The options of a dlq command that changes something. */
export interface DlqChangeOptions extends DlqOptions {
  readonly yes?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}
