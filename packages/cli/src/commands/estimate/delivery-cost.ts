import { FUNCTION_SECOND_USD, functionSeconds, PRICES } from "@imagefleet/core/prices";
import type { Measured } from "../../sample/measure.ts";
import { mean, sum } from "./cost.ts";

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

/** The mean bytes of a rendition, made at the upload or on request; each is seen equally often. */
export function bytesAView(sample: readonly Measured[]): number {
  const bytes = sample.map(({ bytesOut, onRequest }) => bytesOut + sum(onRequest));
  const count = sample.map(({ renditions, onRequest }) => renditions + onRequest.length);
  return sum(bytes) / Math.max(1, sum(count));
}

export function viewsCost(bytes: number, hitRatio: number): ViewsCost {
  const { cloudFront, s3 } = PRICES;
  const transferUsd = ((MILLION * bytes) / 2 ** 30) * cloudFront.gib;
  const requestsUsd = MILLION * cloudFront.request;
  const functionsUsd = MILLION * FUNCTIONS * cloudFront.functionRun;
  const s3Usd = MILLION * (1 - hitRatio) * s3.read;
  const totalUsd = transferUsd + requestsUsd + functionsUsd + s3Usd;
  return { hitRatio, transferUsd, requestsUsd, functionsUsd, s3Usd, totalUsd };
}

/**
 * How long the function waits for S3 and SQS, s: the manifest and the source, the message, the put, the
 * source once more.
 */
const WAIT_SECONDS = 0.1;

/** For the job that checks: the function waits for S3, s, while it handles nine others. */
const CHECK_SECONDS = 0.05 / 10;

/** The edge looks for it; the manifest, the source and its ETag; the same three by the job that checks. */
const READS = 1 + 3 + 3;

/** @returns undefined when the sample has no image of the small lane: the function makes no others */
export function madeCost(sample: readonly Measured[]): MadeCost | undefined {
  const alone = sample.flatMap(({ aloneSeconds }) => aloneSeconds);
  if (alone.length === 0) return undefined;
  const { s3, sqs, lambda } = PRICES;
  const cpuSeconds = mean(alone);
  const secondsEach = functionSeconds({ cpuSeconds, waitSeconds: WAIT_SECONDS });
  const lambdaUsd =
    MILLION * ((secondsEach + CHECK_SECONDS) * FUNCTION_SECOND_USD + 1.1 * lambda.request);
  const s3Usd = MILLION * (s3.write + READS * s3.read);
  // The job that checks is sent alone; messages are received and deleted in tens.
  const sqsUsd = MILLION * 1.2 * sqs.request;
  return { secondsEach, lambdaUsd, s3Usd, sqsUsd, totalUsd: lambdaUsd + s3Usd + sqsUsd };
}
