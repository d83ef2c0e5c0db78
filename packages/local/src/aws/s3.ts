import * as v from "valibot";
import { checkStorageClass, readRestore, STANDARD } from "./archive.ts";
import { isForm, readForm } from "./browser-upload.ts";
import { checkCopySource, checkWrite } from "./conditions.ts";
import { type Reply, type Request, S3Error } from "./fauxqs.ts";
import { list, listParts } from "./listing.ts";
import { configurationXml, parseConfiguration } from "./notifications.ts";
import type { Notifier } from "./notifier.ts";
import { checkContentMd5, noSuchBucket, type Objects } from "./objects.ts";
import { read } from "./read.ts";
import { decodePercents, header, type Target, targetOf } from "./target.ts";
import { checkRoot, document, element, holding, once, readDocument, Text } from "./xml.ts";

/**
 * Answers the requests that fauxqs answers wrongly, and makes the checks that it lacks before its
 * handler runs. Neither this function nor the handler awaits.
 *
 * @returns "done" when the request has been answered
 * @throws S3Error
 */
export function prepareS3(
  request: Request,
  reply: Reply,
  objects: Objects,
  notifier: Notifier,
): "handle" | "done" {
  const target = targetOf(request);
  if (target.bucket === "") return "handle";
  refuseUnserved(request, target);
  // fauxqs fails for a request without a body, such as a PUT of an empty object.
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  request.body = body;
  if (target.key === "") return prepareBucket(request, reply, objects, notifier, target, body);
  return prepareObject(request, reply, objects, target, body);
}

function prepareBucket(
  request: Request,
  reply: Reply,
  objects: Objects,
  notifier: Notifier,
  { bucket, key, query }: Target,
  body: Buffer,
): "handle" | "done" {
  const isCreation =
    request.method === "PUT" && Object.keys(query).every((name) => name === "x-id");
  if (!isCreation && !objects.hasBucket(bucket)) throw noSuchBucket();
  if (query["notification"] !== undefined) {
    if (request.method === "GET") return answer(reply, configurationXml(notifier.get(bucket)));
    notifier.set(bucket, parseConfiguration(body));
    reply.status(200).send();
    return "done";
  }
  if (query["location"] !== undefined) return answer(reply, document("LocationConstraint", ""));
  if (query["lifecycle"] !== undefined) {
    if (request.method === "PUT") checkRoot(body, "LifecycleConfiguration");
    return "handle";
  }
  if (isCreation && body.length > 0) checkRoot(body, "CreateBucketConfiguration");
  if (request.method === "GET") return answer(reply, list(objects, { bucket, key, query }));
  if (request.method !== "POST") return "handle";
  if (query["delete"] !== undefined) {
    return answer(reply, deleteAll(objects, bucket, body));
  }
  if (!isForm(request)) {
    throw new S3Error(
      "MethodNotAllowed",
      "The specified method is not allowed against this resource.",
      405,
    );
  }
  const form = readForm(header(request, "content-type"), body);
  const storageClass = checkStorageClass(form?.fields.get("x-amz-storage-class"));
  objects.creating = { event: "ObjectCreated:Post", storageClass };
  return "handle";
}

function prepareObject(
  request: Request,
  reply: Reply,
  objects: Objects,
  target: Target,
  body: Buffer,
): "handle" | "done" {
  const { bucket, key, query } = target;
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (request.method === "GET" && query["uploadId"] !== undefined) {
    return answer(reply, listParts(objects, target));
  }
  if (isRead && query["attributes"] === undefined) {
    read(request, reply, objects, target);
    return "done";
  }
  const copied = header(request, "x-amz-copy-source");
  const source = copied === undefined ? undefined : decodePercents(copied);
  const isPart = request.method === "PUT" && query["uploadId"] !== undefined;
  if (isPart) return "handle";
  const storageClass = isRead
    ? objects.storageOf(bucket, key).storageClass
    : checkStorageClass(header(request, "x-amz-storage-class"));
  if (isRead || query["uploads"] !== undefined) {
    if (storageClass !== STANDARD) throw notServed(storageClass, isRead);
    return "handle";
  }
  if (query["restore"] !== undefined) {
    const isRestored = objects.restoreArchived(bucket, key, readRestore(body));
    reply.status(isRestored ? 202 : 200).send();
    return "done";
  }
  if (request.method === "POST" && query["uploadId"] === undefined) {
    throw new S3Error(
      "MethodNotAllowed",
      "The specified method is not allowed against this resource.",
      405,
    );
  }
  if (request.method === "POST") checkRoot(body, "CompleteMultipartUpload");
  checkWrite(request, objects.find(bucket, key));
  if (request.method !== "PUT") return "handle";
  objects.creating = {
    event: source === undefined ? "ObjectCreated:Put" : "ObjectCreated:Copy",
    storageClass,
  };
  if (source !== undefined) {
    const [, from = "", name = ""] = /^\/?([^/]+)\/(.+)$/s.exec(source) ?? [];
    checkCopySource(request, objects.headObject(from, name));
  } else if (!header(request, "content-encoding")?.includes("aws-chunked")) {
    checkContentMd5(header(request, "content-md5"), body);
  }
  return "handle";
}

function answer(reply: Reply, xml: string): "done" {
  reply.header("content-type", "application/xml").status(200).send(xml);
  return "done";
}

/** fauxqs treats every object and upload as STANDARD. */
function notServed(storageClass: string, isRead: boolean): Error {
  const what = isRead ? "GetObjectAttributes" : "CreateMultipartUpload";
  return new S3Error(
    "NotImplemented",
    `${what} in ${storageClass}: the local server implements it only for STANDARD`,
    501,
  );
}

const maxKeys = 1000;

const DeleteRequest = v.strictObject({
  Delete: once(
    holding({
      Object: v.array(v.looseObject({ Key: once(Text) })),
      Quiet: v.optional(once(Text)),
    }),
  ),
});

/**
 * DeleteObjects. fauxqs decodes XML references twice, and numeric ones not at all, and so deletes
 * another key than the named one.
 *
 * @throws S3Error MalformedXML (400) without a key or with more than 1,000
 */
function deleteAll(objects: Objects, bucket: string, body: Buffer): string {
  const { Delete: asked } = readDocument(body, DeleteRequest);
  const keys = asked.Object.map(({ Key }) => Key);
  if (keys.length === 0 || keys.length > maxKeys) {
    throw new S3Error(
      "MalformedXML",
      `The request has ${keys.length} objects: use 1 to ${maxKeys}`,
      400,
    );
  }
  for (const key of keys) objects.deleteObject(bucket, key);
  if (asked.Quiet === "true") return document("DeleteResult", "");
  return document(
    "DeleteResult",
    keys.map((key) => `<Deleted>${element("Key", key)}</Deleted>`).join(""),
  );
}

// Every sub-resource of S3. fauxqs handles an unknown one as the plain request: PUT ?tagging would
// overwrite the object, and DELETE ?cors would delete the bucket.
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
    GET: ["attributes", "partNumber", "uploadId"],
    HEAD: ["partNumber"],
    PUT: ["uploadId", "partNumber"],
    POST: ["uploads", "uploadId", "restore"],
    DELETE: ["uploadId"],
  },
};

/** @throws S3Error NotImplemented (501) for a sub-resource that is not served */
function refuseUnserved(request: Request, { key, query }: Target): void {
  const allowed = served[key === "" ? "bucket" : "object"][request.method] ?? [];
  const refused = Object.keys(query).find((name) => known.has(name) && !allowed.includes(name));
  if (refused === undefined) return;
  throw new S3Error(
    "NotImplemented",
    `${request.method} ?${refused}: the local server does not implement this`,
    501,
  );
}
