import { createHash } from "node:crypto";
import { InvalidObjectState, isArchive, isArchived, STANDARD, type Storage } from "./archive.ts";
import {
  computeChecksum,
  type MultipartPart,
  type MultipartUpload,
  S3Error,
  type S3Object,
  S3Store,
} from "./fauxqs.ts";
import { bytesOf, completed } from "./multipart.ts";
import type { Persistence } from "./persistence.ts";

/** A change of an object that may be notified. */
export type Change = {
  event:
    | "ObjectCreated:Put"
    | "ObjectCreated:Post"
    | "ObjectCreated:Copy"
    | "ObjectCreated:CompleteMultipartUpload"
    | "ObjectRemoved:Delete"
    | "ObjectRestore:Completed";
  bucket: string;
  key: string;
  object?: S3Object;
  /** The class and the expiry of a restored object. */
  restored?: Required<Storage>;
};

/** Receives each change, within the transaction that makes it. */
type Listener = { announce(change: Change): void; forget(bucket: string): void };

type PutArguments = Parameters<InstanceType<typeof S3Store>["putObject"]>;

const maxKeyBytes = 1024;

/** fauxqs's buckets and objects, with bodies on disk only and a notification for every change. */
export class Objects extends S3Store {
  /** The event and class of the next object. Handlers run without an await, so one field is enough. */
  creating: { event: Change["event"]; storageClass: string } = {
    event: "ObjectCreated:Put",
    storageClass: STANDARD,
  };
  readonly #disk: () => Persistence;
  readonly #listener: Listener;

  constructor(disk: () => Persistence, listener: Listener) {
    super();
    this.#disk = disk;
    this.#listener = listener;
  }

  find(bucket: string, key: string): S3Object | undefined {
    return this.#bucket(bucket).get(key);
  }

  /** The bytes from `start` to before `end`; see Bodies.read. */
  readBody(bucket: string, key: string, start: number, end: number): Generator<Buffer, void> {
    const disk = this.#disk();
    return disk.bodies.read(disk.segmentsOf(bucket, key), start, end);
  }

  /** Keys at or after `from` in the order of their UTF-8 bytes. */
  keysFrom(bucket: string, from: string, limit: number): string[] {
    this.#bucket(bucket);
    return this.#disk().keysFrom(bucket, from, limit);
  }

  storageOf(bucket: string, key: string): Storage {
    return this.#disk().storageOf(bucket, key) ?? { storageClass: STANDARD };
  }

  /**
   * RestoreObject. A restore takes minutes to hours on S3. Here it completes at once, so
   * RestoreAlreadyInProgress does not occur.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
   *
   * @returns false when a restored copy exists, whose expiry changes
   * @throws S3Error NoSuchKey (404), InvalidObjectState (403)
   */
  restoreArchived(bucket: string, key: string, restoredUntil: Date): boolean {
    const object = this.headObject(bucket, key);
    const storage = this.storageOf(bucket, key);
    if (!isArchive(storage.storageClass)) {
      const refusal = "Restore is not allowed for the object's current storage class";
      throw new InvalidObjectState(refusal, storage);
    }
    const restored = { ...storage, restoredUntil };
    const disk = this.#disk();
    return disk.atomically(() => {
      disk.saveStorage(bucket, key, restored);
      if (!isArchived(storage)) return false;
      this.#listener.announce({ event: "ObjectRestore:Completed", bucket, key, object, restored });
      return true;
    });
  }

  /** Called by fauxqs for the source of a copy. */
  override getObject(bucket: string, key: string): S3Object {
    const storage = this.storageOf(bucket, key);
    if (isArchived(storage)) {
      // S3's actual error; its API reference has ObjectNotInActiveTierError:
      // https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/troubleshooting_s3a.html
      const refusal = "Operation is not valid for the source object's storage class";
      throw new InvalidObjectState(refusal, storage);
    }
    return super.getObject(bucket, key);
  }

  override putObject(
    ...[bucket, key, body, type, metadata, system, checksum]: PutArguments
  ): S3Object {
    this.#bucket(bucket);
    refuseLongKey(key);
    // fauxqs stores the client's checksum; S3 computes it and rejects a mismatch.
    if (
      checksum?.type === "FULL_OBJECT" &&
      computeChecksum(checksum.algorithm, body) !== checksum.value
    ) {
      throw badDigest(checksum.algorithm);
    }
    const { event, storageClass } = this.creating;
    const disk = this.#disk();
    return disk.atomically(() => {
      const object = super.putObject(bucket, key, body, type, metadata, system, checksum);
      if (storageClass !== STANDARD) disk.saveStorage(bucket, key, { storageClass });
      this.#listener.announce({ event, bucket, key, object });
      return object;
    });
  }

  override createMultipartUpload(
    ...[bucket, key, ...rest]: Parameters<InstanceType<typeof S3Store>["createMultipartUpload"]>
  ): string {
    refuseLongKey(key);
    return super.createMultipartUpload(bucket, key, ...rest);
  }

  override uploadPart(uploadId: string, partNumber: number, body: Buffer, checksum?: string) {
    if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > 10_000) {
      throw new S3Error(
        "InvalidArgument",
        "Part number must be an integer between 1 and 10000, inclusive",
        400,
      );
    }
    const upload = this.#uploads().get(uploadId);
    const algorithm = upload?.checksumAlgorithm;
    if (
      algorithm !== undefined &&
      checksum !== undefined &&
      computeChecksum(algorithm, body) !== checksum
    ) {
      throw badDigest(algorithm);
    }
    const result = super.uploadPart(uploadId, partNumber, body, checksum);
    // fauxqs keeps every part in memory until the upload is completed.
    const part = upload?.parts.get(partNumber);
    if (part !== undefined) part.body = Buffer.alloc(0);
    return result;
  }

  /**
   * The parts of an upload that is not completed, by number.
   *
   * @throws S3Error NoSuchUpload (404)
   */
  partsOf(bucket: string, key: string, uploadId: string): (MultipartPart & { bytes: number })[] {
    const upload = this.#uploads().get(uploadId);
    if (upload?.bucket !== bucket || upload.key !== key) {
      throw new S3Error(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
        404,
      );
    }
    const stored = this.#disk().segmentsOfParts(uploadId);
    return [...upload.parts.values()]
      .map((part) => ({ ...part, bytes: bytesOf(stored.get(part.partNumber) ?? []) }))
      .toSorted((a, b) => a.partNumber - b.partNumber);
  }

  override completeMultipartUpload(
    uploadId: string,
    named: { partNumber: number; etag: string }[],
  ): S3Object {
    const upload = this.#uploads().get(uploadId);
    if (upload === undefined) return super.completeMultipartUpload(uploadId, named);
    const disk = this.#disk();
    const object = completed(upload, named, disk.segmentsOfParts(uploadId));
    const numbers = named.map(({ partNumber }) => partNumber);
    disk.atomically(() => {
      disk.assemble(uploadId, upload.bucket, object, numbers);
      this.#listener.announce({
        event: "ObjectCreated:CompleteMultipartUpload",
        bucket: upload.bucket,
        key: upload.key,
        object,
      });
    });
    this.restoreObject(upload.bucket, object);
    this.abortMultipartUpload(uploadId);
    return object;
  }

  override deleteObject(bucket: string, key: string): void {
    const existed = this.find(bucket, key) !== undefined;
    this.#disk().atomically(() => {
      super.deleteObject(bucket, key);
      if (existed) this.#listener.announce({ event: "ObjectRemoved:Delete", bucket, key });
    });
  }

  override deleteBucket(name: string): void {
    // Incomplete uploads prevent the deletion of a bucket in fauxqs, but not on S3.
    if (this.#bucket(name).size === 0) this.emptyBucket(name);
    super.deleteBucket(name);
    this.#listener.forget(name);
  }

  // Private in fauxqs's types; the shapes are those of its code.
  #buckets(): Map<string, Map<string, S3Object>> {
    return this["buckets"];
  }

  #uploads(): Map<string, MultipartUpload> {
    return this["multipartUploads"];
  }

  #bucket(name: string): Map<string, S3Object> {
    const objects = this.#buckets().get(name);
    if (objects === undefined) throw noSuchBucket();
    return objects;
  }
}

export function noSuchBucket(): Error {
  return new S3Error("NoSuchBucket", "The specified bucket does not exist", 404);
}

/** @throws S3Error BadDigest when the Content-MD5 header does not match the body */
export function checkContentMd5(expected: string | undefined, body: Buffer): void {
  if (expected === undefined) return;
  if (createHash("md5").update(body).digest("base64") !== expected) throw badDigest("MD5");
}

function badDigest(algorithm: string): Error {
  return new S3Error(
    "BadDigest",
    `The ${algorithm} you specified did not match the calculated checksum.`,
    400,
  );
}

function refuseLongKey(key: string): void {
  if (Buffer.byteLength(key) <= maxKeyBytes) return;
  throw new S3Error("KeyTooLongError", "Your key is too long", 400);
}
