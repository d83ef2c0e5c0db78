import type { DeadLetter } from "@imagefleet/core/queue";
import type { Recipe } from "@imagefleet/core/recipe";
import type { ConnectionOptions } from "../../connection/options.ts";
import type { HistoryEntry } from "./history.ts";
import type { Judgement } from "./judge.ts";
import type { LogLine } from "./logs.ts";
import type { Looked } from "./look.ts";

export interface PictureOptions {
  readonly connection: ConnectionOptions;
  readonly recipe: string;
  readonly isRecipeNamed: boolean;
  /** A key, `s3://bucket/key` or an address. */
  readonly name: string;
  readonly deadLetters: boolean;
  readonly lease: number;
  readonly url?: string | undefined;
  readonly logs?: boolean | undefined;
  /** Only lines of the logs since then, ms since the epoch. */
  readonly since: number;
  readonly json?: boolean | undefined;
}

/** Everything about one source. */
export interface Picture {
  readonly looked: Looked;
  readonly recipe: Recipe;
  readonly judgement: Judgement;
  /** Where renditions are delivered; undefined: not known. */
  readonly url: string | undefined;
  /** Undefined: not read. */
  readonly deadLetters: readonly DeadLetter[] | undefined;
  readonly history: readonly HistoryEntry[];
  /** Undefined: not read. */
  readonly logs: readonly LogLine[] | undefined;
  /** Why there are no lines, or not all. */
  readonly logsWarning: string | undefined;
  readonly warnings: readonly string[];
}

/** What can be done about a source, and the command for it. */
export interface Step {
  readonly what: string;
  readonly command: string;
}
