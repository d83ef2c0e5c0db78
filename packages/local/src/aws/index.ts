export { forget } from "./forget.ts";
export { type LocalAws, type LocalAwsOptions, startLocalAws } from "./server.ts";
export { type SpawnedAws, spawnLocalAws } from "./spawn.ts";
export { FolderError, PortTaken } from "./start-error.ts";
