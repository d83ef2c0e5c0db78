export { type Opened, openFleet, type ProgramEnv } from "./open-fleet.ts";
