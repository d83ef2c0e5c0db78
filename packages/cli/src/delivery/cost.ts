import { FUNCTION_SECOND_USD, PRICES } from "@imagefleet/core/prices";

/** The cost of a million views, USD, without free tier. */
export interface ViewsCost {
  /** The share of the views that an edge answers from its cache. */
  readonly hitRatio: number;
  readonly transferUsd: number;
  readonly requestsUsd: number;
  /** Of the two functions at the edge. */
  readonly functionsUsd: number;
  /** What the edges read. */
  readonly s3Usd: number;
  readonly totalUsd: number;
}

/** The cost of a million renditions that are made on request, USD, without their views. */
export interface MadeCost {
  readonly secondsEach: number;
  readonly lambdaUsd: number;
  readonly s3Usd: number;
  readonly sqsUsd: number;
  readonly totalUsd: number;
}

const MILLION = 1_000_000;

/** Functions that run for each view: for the request and for the response. */
const FUNCTIONS = 2;

export function viewsCost(bytes: number, hitRatio: number): ViewsCost {
  const { cloudFront, s3 } = PRICES;
  const transferUsd = ((MILLION * bytes) / 2 ** 30) * cloudFront.gib;
  const requestsUsd = MILLION * cloudFront.request;
  const functionsUsd = MILLION * FUNCTIONS * cloudFront.functionRun;
  const s3Usd = MILLION * (1 - hitRatio) * s3.read;
  const totalUsd = transferUsd + requestsUsd + functionsUsd + s3Usd;
  return { hitRatio, transferUsd, requestsUsd, functionsUsd, s3Usd, totalUsd };
}

/** For the job that checks: the function waits for S3, s, while it handles nine others. */
const CHECK_SECONDS = 0.05 / 10;

/** The edge looks for it; the manifest, the source and its ETag; the same three by the job that checks. */
const READS = 1 + 3 + 3;

/** @param secondsEach the billed time of the function for a rendition, s */
export function madeCost(secondsEach: number): MadeCost {
  const { s3, sqs, lambda } = PRICES;
  const lambdaUsd =
    MILLION * ((secondsEach + CHECK_SECONDS) * FUNCTION_SECOND_USD + 1.1 * lambda.request);
  const s3Usd = MILLION * (s3.write + READS * s3.read);
  // The job that checks is sent alone; messages are received and deleted in tens.
  const sqsUsd = MILLION * 1.2 * sqs.request;
  return { secondsEach, lambdaUsd, s3Usd, sqsUsd, totalUsd: lambdaUsd + s3Usd + sqsUsd };
}
