import type { StageSettings } from "../../connection/stage/settings.ts";
import type { Target } from "../../connection/target.ts";

/** Where a stage is about to be deployed. */
export interface Aws {
  readonly where: string;
  readonly clients: Target["clients"];
  readonly settings: StageSettings;
  /** What every name of the stage's resources will begin with. */
  readonly prefix: string;
}
