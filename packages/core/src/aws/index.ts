export { type ClientOptions, clientConfig, createS3, createSqs } from "./client.ts";
export { asFailure, statusOf } from "./failure.ts";
