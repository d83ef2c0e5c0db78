import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";

export interface ClientOptions {
  /** Default: the SDK's own chain of environment and profile. */
  readonly region?: string | undefined;
  /** A profile of the AWS CLI, with its region and credentials. */
  readonly profile?: string | undefined;
  /** A server that is not AWS's, such as `http://127.0.0.1:4566`. S3 then gets path-style URLs. */
  readonly endpoint?: string | undefined;
  /** Default: the SDK's own chain of role, profile and environment. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Enough for a batch of ten jobs that read and write concurrently. */
const MAX_SOCKETS = 64;

/**
 * A hanging connection or a silent socket becomes a retry before the function's timeout. A long poll
 * is silent for 20 s. Times are in ms.
 */
const REQUESTS = {
  connectionTimeout: 5_000,
  socketTimeout: 60_000,
  httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
  httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
};

const MAX_ATTEMPTS = 5;

/**
 * The S3 client of every program.
 *
 * @example
 * const s3 = createS3({ region: "eu-central-1" });
 */
export function createS3(options: ClientOptions): S3Client {
  return new S3Client({
    maxAttempts: MAX_ATTEMPTS,
    ...clientConfig(options),
    forcePathStyle: options.endpoint !== undefined,
    requestHandler: REQUESTS,
    // The length and the decoder check a body: two hashes of 20 MB would cost CPU time.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

/**
 * The SQS client of every program.
 *
 * @example
 * const sqs = createSqs({ endpoint: "http://127.0.0.1:4566", region: "us-east-1" });
 */
export function createSqs(options: ClientOptions): SQSClient {
  return new SQSClient({
    maxAttempts: MAX_ATTEMPTS,
    // Set here and not by the environment: the SDK would use the host of the queue's URL instead.
    ...clientConfig(options),
    requestHandler: REQUESTS,
  });
}

/**
 * The options of an SDK client, without the undefined ones.
 *
 * @example
 * clientConfig({ region: "eu-central-1", profile: undefined }); // { region: "eu-central-1" }
 */
export function clientConfig({ region, profile, endpoint, credentials }: ClientOptions) {
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}
