import * as v from "valibot";
import { S3Error } from "./fauxqs.ts";
import { element, holding, once, readDocument, Text } from "./xml.ts";

/** The class of an object, and the expiry of the restored copy of an archived object. */
export type Storage = { storageClass: string; restoredUntil?: Date };

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html: the default class. */
export const STANDARD = "STANDARD";

/** The classes of general purpose buckets: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html */
const classes = [
  STANDARD,
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER_IR",
  "GLACIER",
  "DEEP_ARCHIVE",
];

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/archived-objects.html: GLACIER_IR is not archived. */
const archives = ["GLACIER", "DEEP_ARCHIVE"];

const dayMs = 86_400_000;

// `Days` is required: https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreRequest.html
const Request = v.strictObject({
  RestoreRequest: once(
    holding({
      // At most what a Date can represent.
      Days: once(v.pipe(Text, v.regex(/^[1-9]\d{0,6}$/), v.transform(Number))),
      Tier: v.optional(v.unknown()),
      GlacierJobParameters: v.optional(v.unknown()),
      Description: v.optional(v.unknown()),
    }),
  ),
});

/**
 * The object is archived, or is not and cannot be restored. The error contains the class:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_Errors
 */
export class InvalidObjectState extends S3Error {
  readonly #storageClass: string;

  constructor(message: string, { storageClass }: Storage) {
    super("InvalidObjectState", message, 403);
    this.#storageClass = storageClass;
  }

  override toXml(): string {
    const named = `</Message>${element("StorageClass", this.#storageClass)}`;
    return super.toXml().replace("</Message>", named);
  }
}

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
 *
 * @throws S3Error InvalidStorageClass (400)
 */
export function checkStorageClass(asked: string = STANDARD): string {
  if (classes.includes(asked)) return asked;
  throw new S3Error("InvalidStorageClass", "The storage class you specified is not valid", 400);
}

/** Whether objects of the class must be restored before they can be read. */
export function isArchive(storageClass: string): boolean {
  return archives.includes(storageClass);
}

/** Whether the object must be restored before it can be read. */
export function isArchived({ storageClass, restoredUntil }: Storage): boolean {
  if (!isArchive(storageClass)) return false;
  return restoredUntil === undefined || restoredUntil.getTime() <= Date.now();
}

/**
 * The headers of GET and HEAD: the class unless it is STANDARD, and the expiry of a restored copy.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html#API_HeadObject_ResponseSyntax
 */
export function storageHeaders(storage: Storage): Record<string, string> {
  const { storageClass, restoredUntil } = storage;
  return {
    ...(storageClass !== STANDARD && { "x-amz-storage-class": storageClass }),
    ...(restoredUntil !== undefined &&
      !isArchived(storage) && {
        "x-amz-restore": `ongoing-request="false", expiry-date="${restoredUntil.toUTCString()}"`,
      }),
  };
}

/**
 * Parses the body of RestoreObject.
 *
 * @returns the expiry of the restored copy
 * @throws S3Error MalformedXML (400)
 */
export function readRestore(body: Buffer): Date {
  const { Days } = readDocument(body, Request).RestoreRequest;
  // The days are added to the time of the request, which is then rounded up to midnight UTC:
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
  return new Date((Math.floor(Date.now() / dayMs) + Days + 1) * dayMs);
}
