import type { Recipe } from "@imagefleet/core/recipe";
import type { ConnectionOptions } from "../../connection/options.ts";
import type { MaxDepth } from "../../feed/depth.ts";
import type { Selection } from "./selection.ts";
import type { StaleCheck } from "./stale.ts";

export interface ReprocessOptions {
  readonly connection: ConnectionOptions;
  readonly json: boolean;
  readonly recipe: string;
  /** The recipe, where it is not the project's. */
  readonly recipeNamed: string | undefined;
  /** Undefined with `resume`: the checkpoint says. */
  readonly selection: Omit<Selection, "bucket" | "prefix"> & {
    readonly bucket: string | undefined;
    readonly prefix: string | undefined;
  };
  readonly maxDepth: MaxDepth;
  readonly checkpoint: string;
  readonly resume: boolean;
  readonly fresh: boolean;
  readonly wait: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** By what a source is judged. */
export interface RunContext {
  readonly recipe: Recipe;
  readonly stale: StaleCheck | undefined;
}
