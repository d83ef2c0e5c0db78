import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";

export interface ClientOptions {
  /** Without it, the SDK's own chain: environment, profile. */
  readonly region?: string | undefined;
  /** A profile of the AWS CLI's own files: region and credentials. */
  readonly profile?: string | undefined;
  /** A server that is not AWS's own: `http://127.0.0.1:4566`. S3 is then addressed path-style. */
  readonly endpoint?: string | undefined;
  /** Without them, the SDK's own chain: role, profile, environment. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Enough sockets for a batch of ten that reads and writes at once. */
const MAX_SOCKETS = 64;

/**
 * Bounded in time: a connection or a silent socket that hangs must become a retry, not a job that
 * sits until the function's timeout. A long poll is silent for 20 s.
 */
const REQUESTS = {
  connectionTimeout: 5_000,
  socketTimeout: 60_000,
  httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
  httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
};

const MAX_ATTEMPTS = 5;

/** The S3 client of every program here. */
export function createS3(options: ClientOptions): S3Client {
  return new S3Client({
    maxAttempts: MAX_ATTEMPTS,
    ...clientConfig(options),
    forcePathStyle: options.endpoint !== undefined,
    requestHandler: REQUESTS,
    // A body's length and then the decoder check it: hashing 20 MB twice more is CPU lost.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

/** The SQS client of every program here. */
export function createSqs(options: ClientOptions): SQSClient {
  return new SQSClient({
    maxAttempts: MAX_ATTEMPTS,
    // In code, not by environment: the SDK would follow the queue URL's host instead.
    ...clientConfig(options),
    requestHandler: REQUESTS,
  });
}

/** The options as a client of the SDK takes them: what is not given is not there. */
export function clientConfig({ region, profile, endpoint, credentials }: ClientOptions) {
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}
