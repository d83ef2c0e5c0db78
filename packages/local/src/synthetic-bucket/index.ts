export { type SyntheticBucket, startSyntheticBucket } from "./synthetic-bucket.ts";
