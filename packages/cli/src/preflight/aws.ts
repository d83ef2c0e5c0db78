import type { Place } from "../connection/place.ts";
import type { StageSettings } from "../stage/settings.ts";

/** Where a stage is about to be deployed. */
export interface Aws {
  readonly where: string;
  readonly clients: Place["clients"];
  readonly settings: StageSettings;
  /** What every name of the stage's resources will begin with. */
  readonly prefix: string;
}
