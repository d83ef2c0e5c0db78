import { ListBucketsCommand, type S3Client } from "@aws-sdk/client-s3";
import { ListQueuesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { distance } from "fastest-levenshtein";
import { UsageError } from "../usage-error.ts";
import type { Named } from "./names.ts";

/** The most names in a message. */
const MAX_NAMES = 8;

interface Where {
  readonly where: string;
  readonly isLocal: boolean;
}

/** The command may have been meant for AWS. */
function awsHint({ isLocal }: Where): string {
  return isLocal ? "; for a fleet on AWS, add --region or --profile" : "";
}

/** The error for an unknown queue, with the names of existing ones. */
export async function noQueue(sqs: SQSClient, { value, by }: Named, at: Where) {
  const found = await names(async () => {
    const { QueueUrls: urls = [] } = await sqs.send(new ListQueuesCommand({ MaxResults: 1000 }));
    return urls.map((url) => url.slice(url.lastIndexOf("/") + 1));
  });
  return new UsageError(
    `${by}: there is no queue ${value} at ${at.where}: ${foundText(found, value)}${awsHint(at)}`,
  );
}

/** The error for an unknown bucket, with the names of existing ones. */
export async function noBucket(s3: S3Client, { value, by }: Named, at: Where) {
  const found = await names(async () => {
    const { Buckets: buckets = [] } = await s3.send(new ListBucketsCommand({ MaxBuckets: 1000 }));
    return buckets.flatMap(({ Name }) => Name ?? []);
  });
  return new UsageError(
    `${by}: there is no bucket ${value} at ${at.where}: ${foundText(found, value)}${awsHint(at)}`,
  );
}

/** The error for a denied call. The resource may also not exist: IAM does not tell these apart. */
export function forbidden(
  what: "queue" | "bucket",
  { value, by }: Named,
  where: string,
  cause: unknown,
) {
  return new UsageError(
    `${by}: these credentials may not access the ${what} ${value} at ${where}`,
    {
      cause,
    },
  );
}

/** Undefined when the credentials may not list names. */
async function names(list: () => Promise<string[]>): Promise<string[] | undefined> {
  try {
    return await list();
  } catch {
    return undefined;
  }
}

function foundText(found: readonly string[] | undefined, meant: string): string {
  if (found === undefined) return "these credentials may not list the names that exist";
  if (found.length === 0) return "none exists there. Check the account and the region";
  const wanted = meant.slice(meant.lastIndexOf("/") + 1);
  const near = found.toSorted((a, b) => distance(a, wanted) - distance(b, wanted));
  const more = near.length > MAX_NAMES ? `, and ${near.length - MAX_NAMES} more` : "";
  return `found ${near.slice(0, MAX_NAMES).join(", ")}${more}`;
}

const REFUSED_CREDENTIALS =
  /ExpiredToken|InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch/;

/** Explains errors of region, credentials and network; returns any other error unchanged. */
export function connectionError(error: unknown, where: string): unknown {
  if (!(error instanceof Error)) return error;
  const text = `${error.name} ${error.message}`;
  const cause = { cause: error };
  if (/Region is missing/.test(text)) {
    return new UsageError(
      "no region is set: use --region NAME, AWS_REGION or a profile with a region",
      cause,
    );
  }
  if (
    /CredentialsProviderError|Could not load credentials|Could not resolve credentials/.test(text)
  ) {
    return new UsageError(
      `no credentials for ${where}: ${error.message}. Use --profile NAME, aws sso login, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
      cause,
    );
  }
  if (REFUSED_CREDENTIALS.test(text)) {
    return new UsageError(
      `${where} rejects the credentials: ${error.message}. For a fleet of npm start, use --data DIR with its folder`,
      cause,
    );
  }
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|TimeoutError/.test(text) || hasCode(error)) {
    return new Error(
      `${where} does not respond (${codeOf(error)}). Check that it runs and that the address is correct`,
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
