import { ListBucketsCommand, type S3Client } from "@aws-sdk/client-s3";
import { ListQueuesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { distance } from "fastest-levenshtein";
import { UsageError } from "../usage-error.ts";
import type { Named } from "./names.ts";

/** More are no list that a person reads. */
const MOST = 8;

interface Where {
  readonly where: string;
  readonly isLocal: boolean;
}

/** Somebody may have meant AWS all the while. */
function elsewhere({ isLocal }: Where): string {
  return isLocal ? "; for one on AWS add --region or --profile" : "";
}

/** No queue of this name: says which there are. */
export async function noQueue(sqs: SQSClient, { value, by }: Named, at: Where) {
  const found = await names(async () => {
    const { QueueUrls: urls = [] } = await sqs.send(new ListQueuesCommand({ MaxResults: 1000 }));
    return urls.map((url) => url.slice(url.lastIndexOf("/") + 1));
  });
  return new UsageError(
    `${by}: there is no queue ${value} at ${at.where}: ${foundText(found, value)}${elsewhere(at)}`,
  );
}

/** No bucket of this name: says which there are. */
export async function noBucket(s3: S3Client, { value, by }: Named, at: Where) {
  const found = await names(async () => {
    const { Buckets: buckets = [] } = await s3.send(new ListBucketsCommand({ MaxBuckets: 1000 }));
    return buckets.flatMap(({ Name }) => Name ?? []);
  });
  return new UsageError(
    `${by}: there is no bucket ${value} at ${at.where}: ${foundText(found, value)}${elsewhere(at)}`,
  );
}

/** No policy lets these credentials at it; or there is none of this name, which IAM does not tell. */
export function forbidden(
  what: "queue" | "bucket",
  { value, by }: Named,
  where: string,
  cause: unknown,
) {
  return new UsageError(`${by}: the ${what} ${value} is not for these credentials at ${where}`, {
    cause,
  });
}

/** Who may not list what there is does not learn it here either. */
async function names(list: () => Promise<string[]>): Promise<string[] | undefined> {
  try {
    return await list();
  } catch {
    return undefined;
  }
}

function foundText(found: readonly string[] | undefined, meant: string): string {
  if (found === undefined) return "which there are cannot be listed with these credentials";
  if (found.length === 0) return "none was found there; is it the right account and region?";
  const wanted = meant.slice(meant.lastIndexOf("/") + 1);
  const near = found.toSorted((a, b) => distance(a, wanted) - distance(b, wanted));
  const more = near.length > MOST ? `, and ${near.length - MOST} more` : "";
  return `found ${near.slice(0, MOST).join(", ")}${more}`;
}

const REFUSED_CREDENTIALS =
  /ExpiredToken|InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch/;

/** What keeps a person from AWS at all, in words. */
export function connectionError(error: unknown, where: string): unknown {
  if (!(error instanceof Error)) return error;
  const text = `${error.name} ${error.message}`;
  const cause = { cause: error };
  if (/Region is missing/.test(text)) {
    return new UsageError(
      "no region is named: --region NAME, or AWS_REGION, or one in the profile",
      cause,
    );
  }
  if (
    /CredentialsProviderError|Could not load credentials|Could not resolve credentials/.test(text)
  ) {
    return new UsageError(
      `no credentials for ${where}: ${error.message}: --profile NAME, or aws sso login, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
      cause,
    );
  }
  if (REFUSED_CREDENTIALS.test(text)) {
    return new UsageError(
      `${where} does not take the credentials: ${error.message}: for a fleet of npm start, --data DIR names its folder`,
      cause,
    );
  }
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|TimeoutError/.test(text) || hasCode(error)) {
    return new Error(
      `${where} does not answer (${codeOf(error)}): does it run, is the address right?`,
      cause,
    );
  }
  return error;
}

const NETWORK = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ECONNRESET"];

function hasCode(error: Error): boolean {
  return NETWORK.includes(codeOf(error));
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : error.name;
}
