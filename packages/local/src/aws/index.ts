export { FolderError } from "./folder-error.ts";
export { forget } from "./forget.ts";
export { PortTaken } from "./port.ts";
export { type LocalAws, type LocalAwsOptions, startLocalAws } from "./server.ts";
export { type SpawnedAws, spawnLocalAws } from "./spawn.ts";
