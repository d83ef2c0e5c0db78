export { prepareCatalog } from "./catalog.ts";
export type {
  DeadLetterReport,
  Fleet,
  FleetOptions,
  FleetStatus,
  JobReport,
  LaneDepth,
  StoredRendition,
} from "./fleet.ts";
export { startFleet } from "./start.ts";
