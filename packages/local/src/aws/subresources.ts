import { type Request, S3Error } from "./fauxqs.ts";
import type { Target } from "./target.ts";

// Every sub-resource that S3 knows: fauxqs takes what it does not know for the plain
// request, so that PUT ?tagging overwrote the object and DELETE ?cors the bucket.
const known = new Set(
  `accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory
  legal-hold lifecycle location logging metadataTable metrics notification object-lock
  ownershipControls partNumber policy policyStatus publicAccessBlock renameObject replication
  requestPayment restore retention select session tagging torrent uploadId uploads versionId
  versioning versions website`.split(/\s+/),
);

const served: Record<"bucket" | "object", Record<string, string[]>> = {
  bucket: {
    GET: ["notification", "location", "lifecycle"],
    PUT: ["notification", "lifecycle"],
    DELETE: ["lifecycle"],
    POST: ["delete"],
  },
  object: {
    GET: ["attributes", "partNumber"],
    HEAD: ["partNumber"],
    PUT: ["uploadId", "partNumber"],
    POST: ["uploads", "uploadId", "restore"],
    DELETE: ["uploadId"],
  },
};

/** @throws S3Error NotImplemented (501) for a sub-resource that is not served */
export function refuseUnserved(request: Request, { key, query }: Target): void {
  const allowed = served[key === "" ? "bucket" : "object"][request.method] ?? [];
  const refused = Object.keys(query).find((name) => known.has(name) && !allowed.includes(name));
  if (refused === undefined) return;
  throw new S3Error(
    "NotImplemented",
    `${request.method} ?${refused}: the local server does not implement this`,
    501,
  );
}
