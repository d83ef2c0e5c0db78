export { startVastBucket, type VastBucket } from "./vast-bucket.ts";
