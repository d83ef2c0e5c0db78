import type { ConnectionOptions } from "../../connection/options.ts";
import type { MaxDepth } from "../../feed/depth.ts";
import type { Selection } from "./selection.ts";

export interface ReprocessOptions {
  readonly connection: ConnectionOptions;
  readonly json?: boolean | undefined;
  readonly recipe: string;
  /** The recipe, where it is not the project's. */
  readonly recipeNamed: string | undefined;
  /** Ignored with `resume`: the checkpoint contains the selection. */
  readonly selection: Omit<Selection, "bucket" | "prefix"> & {
    readonly bucket: string | undefined;
    readonly prefix: string | undefined;
  };
  readonly maxDepth: MaxDepth;
  readonly checkpoint: string;
  readonly resume?: boolean | undefined;
  readonly fresh?: boolean | undefined;
  readonly wait?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly dryRun: boolean;
}
