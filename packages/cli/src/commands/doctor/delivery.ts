import { setTimeout as pause } from "node:timers/promises";
import { addressPath } from "@imagefleet/core/plan";
import { CONTENT_TYPES } from "@imagefleet/core/recipe";
import type { ManifestOnRequest, ManifestRendition } from "@imagefleet/core/store";
import {
  absentLocally,
  askFor,
  type Check,
  none,
  ok,
  problem,
  unknown,
} from "../../check/check.ts";
import { runningFleet } from "../../connection/data-folder.ts";
import type { ConnectionOptions } from "../../connection/options.ts";
import type { NamedSigningKey } from "../../connection/signing-key.ts";
import { cloudFront, type Distribution, distributionsOf } from "../../delivery/distribution.ts";
import { DEPLOY_AGAIN, type Fleet, type Stage } from "./fleet.ts";

/** Where viewers request renditions, and what they must not reach. */
export interface Views {
  readonly url: string;
  /** The rendition bucket's own address, without CloudFront. */
  readonly bucketUrl: string | undefined;
  /** The address of the function that makes renditions on request, without CloudFront. */
  readonly functionUrl: string | undefined;
  /** Only signed addresses are answered. */
  readonly isPrivate: boolean;
  readonly signingKey: NamedSigningKey | undefined;
}

interface Found {
  readonly checks: readonly Check[];
  /** Undefined: nothing can be requested. */
  readonly views: Views | undefined;
}

const NAME = "distribution";

/** Checks the distribution, or finds the edge of a local fleet. */
export async function deliveryChecks(fleet: Fleet, options: ConnectionOptions): Promise<Found> {
  const { stage, renditionBucket } = fleet;
  if (stage === undefined) {
    const running = await runningFleet(options.data);
    if (running?.edge === undefined) {
      return { checks: [absentLocally(NAME, "edge: npm start runs one")], views: undefined };
    }
    const bucketUrl = `${running.endpoint}/${renditionBucket}`;
    const secret = running.credentials.secretAccessKey;
    // The only key that the local edge knows.
    const signingKey = { id: "local", secret, by: "the data folder" };
    return {
      checks: [ok(NAME, `The edge ${running.edge} stands for it.`)],
      views: { url: running.edge, bucketUrl, functionUrl: undefined, isPrivate: false, signingKey },
    };
  }
  const { delivery, distribution } = stage.settings;
  if (delivery === "none" && distribution === undefined) {
    return { checks: [none(NAME, 'The settings have delivery: "none".')], views: undefined };
  }
  let views: Views | undefined;
  const checks = await askFor(NAME, "cloudfront:ListDistributions", async () => {
    const found = await distributionOf(stage, renditionBucket);
    if (found === undefined) {
      const message = `No distribution of the account has the bucket ${renditionBucket} as an origin`;
      if (distribution === undefined) {
        return [problem(NAME, `${message}: viewers get no renditions.`, DEPLOY_AGAIN)];
      }
      const fix = `Make the bucket an origin of ${distribution} (docs/delivery.md), or use credentials of its account.`;
      return [unknown(NAME, `${message}.`, fix)];
    }
    const { id, url, status, isEnabled } = found;
    if (!isEnabled) {
      const fix = "Enable it in the CloudFront console, or deploy the stage again.";
      return [problem(NAME, `${id} is disabled: viewers get no renditions.`, fix)];
    }
    views = { ...viewsOf(found, renditionBucket), signingKey: stage.signingKey };
    if (status !== "Deployed") {
      const message = `A change of ${id} is on its way to the edges (${status}), so the checks below may see the state before it.`;
      return [unknown(NAME, message, "Run doctor again in some minutes.")];
    }
    return [ok(NAME, `${id} is deployed: ${url}`)];
  });
  return { checks, views };
}

async function distributionOf(
  { clients, settings }: Stage,
  bucket: string,
): Promise<Distribution | undefined> {
  using client = await cloudFront(clients);
  const found = await distributionsOf(client, bucket);
  return found.find(({ arn }) => arn === settings.distribution) ?? found[0];
}

function viewsOf(
  { url, origins, isPrivate }: Distribution,
  bucket: string,
): Omit<Views, "signingKey"> {
  const host = (isIt: (host: string) => boolean) => {
    const found = origins.find(isIt);
    return found === undefined ? undefined : `https://${found}`;
  };
  return {
    url,
    isPrivate,
    bucketUrl: host((each) => each.startsWith(`${bucket}.s3`)),
    functionUrl: host((each) => /\.lambda-url\.[^.]+\.on\.aws$/.test(each)),
  };
}

type Rendition = ManifestRendition | ManifestOnRequest;

const STORED = "stored rendition, as viewers request it";
const ON_REQUEST = "rendition on request, as viewers request it";
const REFUSED = "address that the recipe does not have";
const BUCKET = "direct access to the rendition bucket";
const FUNCTION = "direct access to the function that makes renditions on request";
export const CLOSED = "Not tested: the distribution answers only signed addresses.";

/**
 * Requests renditions as viewers do, and checks that they reach nothing else.
 *
 * @param renditions of a test picture: one that is stored, and one that is made on request
 */
export async function viewChecks(
  views: Views,
  { stored, onRequest }: { stored: Rendition; onRequest: Rendition | undefined },
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { url, bucketUrl, functionUrl, isPrivate } = views;
  const absent = "Not tested: the recipe makes no rendition of the test picture on request.";
  const viewed = (name: string, rendition: Rendition) =>
    isPrivate ? none(name, CLOSED) : viewCheck(name, url, rendition, signal);
  return await Promise.all([
    viewed(STORED, stored),
    onRequest === undefined ? none(ON_REQUEST, absent) : viewed(ON_REQUEST, onRequest),
    isPrivate ? none(REFUSED, CLOSED) : refusalCheck(url, signal),
    bucketUrl === undefined
      ? none(BUCKET, "Not tested: the distribution has no origin of this bucket.")
      : closedCheck(BUCKET, bucketUrl + addressPath(stored.key), BUCKET_FIX, signal),
    functionUrl === undefined
      ? none(FUNCTION, "The local fleet has no function URL that answers without the edge.")
      : closedCheck(FUNCTION, functionUrl + addressPath(stored.key), FUNCTION_FIX, signal),
  ]);
}

const BUCKET_FIX =
  "Block public access of the bucket, and remove what its policy allows to everyone.";
const FUNCTION_FIX =
  "Set the authorization of the function's URL to AWS_IAM: everyone can start it, past CloudFront's caches.";

/** A response, with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
}

/** Longer than CloudFront waits for the function, ms. */
const TIMEOUT_MS = 60_000;

/** @returns an answer, or in words why the server gave no answer */
export async function get(url: string, signal: AbortSignal): Promise<Answer | string> {
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const answer = await fetch(url, { signal: either, redirect: "manual" });
    await answer.arrayBuffer();
    return answer;
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return cause instanceof Error ? cause.message || cause.name : String(cause);
  }
}

/** An edge location has several caches: not every second request finds what the first has left. */
const MAX_LOOKS = 6;
const PAUSE_MS = 500;

async function viewCheck(
  name: string,
  base: string,
  rendition: Rendition,
  signal: AbortSignal,
): Promise<Check> {
  const url = base + addressPath(rendition.key);
  const first = await get(url, signal);
  if (typeof first === "string") return noAnswer(name, base, first);
  const wrong = wrongAnswer(first, rendition, name === ON_REQUEST);
  if (wrong !== undefined) return problem(name, wrong.message, wrong.fix);
  for (let looks = 1; looks < MAX_LOOKS && !signal.aborted; looks++) {
    const again = await get(url, signal);
    if (typeof again === "string") return noAnswer(name, base, again);
    const cache = again.headers.get("x-cache") ?? "";
    if (/^(Refresh)?Hit/i.test(cache)) {
      const etag = first.headers.get("etag");
      if (again.headers.get("etag") === etag) {
        return ok(name, `200, ${first.headers.get("content-type")}, ETag ${etag}; then ${cache}.`);
      }
      const message = `The second answer has another ETag than the first: ${again.headers.get("etag")} and ${etag}.`;
      return problem(name, message, "Run purge for the source, then doctor again.");
    }
    await pause(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
  const message = `${MAX_LOOKS} requests of one rendition were answered by the origin: CloudFront does not cache it.`;
  const fix =
    "Check output.cacheControl of the recipe, and the cache policy of the distribution: the query v must be its only key.";
  return signal.aborted ? unknown(name, "Interrupted.") : problem(name, message, fix);
}

export function noAnswer(name: string, base: string, why: string): Check {
  return problem(
    name,
    `${base} does not answer: ${why}`,
    "Check the DNS record of the domain and its certificate, or the proxy of this machine.",
  );
}

interface Wrong {
  readonly message: string;
  readonly fix: string;
}

/** What is wrong with the answer to a request for a rendition, and what to do. */
function wrongAnswer(
  answer: Answer,
  rendition: Rendition,
  isOnRequest: boolean,
): Wrong | undefined {
  const wrong = wrongStatus(answer, rendition.key, isOnRequest);
  if (wrong !== undefined) return wrong;
  const { headers } = answer;
  const substitute = headers.get("x-imagefleet-substitute");
  if (substitute !== null) {
    const message = `The answer for ${rendition.key} is a substitute (${substitute}), although the picture is small.`;
    return { message, fix: "Check limits and lanes of the recipe." };
  }
  const type = headers.get("content-type");
  if (type !== CONTENT_TYPES[rendition.format]) {
    const message = `The content type of ${rendition.key} is ${type}, not ${CONTENT_TYPES[rendition.format]}.`;
    return { message, fix: "Check what else answers at this address." };
  }
  if ("etag" in rendition && headers.get("etag") !== rendition.etag) {
    const message = `The ETag of ${rendition.key} is ${headers.get("etag")}, and the manifest has ${rendition.etag}.`;
    return { message, fix: "Check that the origin of the distribution is this rendition bucket." };
  }
  return undefined;
}

/** What a status other than 200 means for a key, and what to do. */
export function wrongStatus(
  { status, headers }: Answer,
  key: string,
  isOnRequest: boolean,
): Wrong | undefined {
  const of = `${status} for ${key}`;
  if (status === 403) {
    return isOnRequest
      ? {
          message: `${of}: S3 or the function refuses CloudFront.`,
          fix: "The bucket's policy must allow s3:ListBucket to the distribution, as S3 otherwise answers 403 for a missing key; and the function must allow it lambda:InvokeFunctionUrl and lambda:InvokeFunction. Deploy the stage again; for a bucket or a distribution of your own see docs/delivery.md.",
        }
      : {
          message: `${of}: S3 refuses CloudFront.`,
          fix: "The bucket's policy must allow s3:GetObject to the distribution, and its KMS key, if it has one, kms:Decrypt. Deploy the stage again; for a bucket of your own see docs/delivery.md.",
        };
  }
  if (status === 404) {
    const reason = headers.get("x-imagefleet-reason");
    return {
      message: `${of}${reason === null ? "" : ` (${reason})`}: the edge or the function runs another recipe.`,
      fix: "Deploy the stage again with this recipe.",
    };
  }
  if (status !== 200) {
    return {
      message: `${of}.`,
      fix: isOnRequest
        ? "Read the log of the function that makes renditions on request: the output deliver has its name."
        : "Run doctor again. If that does not help, check the origins of the distribution.",
    };
  }
  return undefined;
}

async function refusalCheck(base: string, signal: AbortSignal): Promise<Check> {
  const answer = await get(`${base}/imagefleet-doctor`, signal);
  if (typeof answer === "string") return noAnswer(REFUSED, base, answer);
  if (answer.status === 404 && isOfEdge(answer)) return ok(REFUSED, "404, decided at the edge.");
  const message = `${answer.status}, X-Cache ${answer.headers.get("x-cache") ?? "absent"}: such requests reach the origins.`;
  const fix =
    "Associate the function of packages/edge with the viewer requests of the distribution: deploy the stage again, or see docs/delivery.md for a distribution of your own.";
  return problem(REFUSED, message, fix);
}

/** Whether the function of the viewer request gave the answer. */
export function isOfEdge({ headers }: Answer): boolean {
  return /^FunctionGeneratedResponse/i.test(headers.get("x-cache") ?? "");
}

/** What only CloudFront may read must refuse a request without a signature. */
async function closedCheck(
  name: string,
  url: string,
  fix: string,
  signal: AbortSignal,
): Promise<Check> {
  const answer = await get(url, signal);
  if (typeof answer === "string") {
    return unknown(name, `It does not answer: ${answer}`, "Run doctor again.");
  }
  return answer.status === 403
    ? ok(name, "403.")
    : problem(name, `${new URL(url).host} answers ${answer.status} to everyone.`, fix);
}
