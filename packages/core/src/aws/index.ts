export { type ClientOptions, createS3, createSqs } from "./client.ts";
export { asFailure, statusOf } from "./failure.ts";
