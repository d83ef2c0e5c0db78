import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListPartsCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import {
  type CatalogTable,
  type ImageItem,
  imageId,
  keyOfId,
  viewOf,
} from "@imagefleet/core/catalog";
import { type Recipe, whyNotASource } from "@imagefleet/core/recipe";
import { NAME_METADATA } from "@imagefleet/core/store";
import {
  MULTIPART_BYTES,
  type Part,
  partBytes,
  partsOf,
  SIGNED_SECONDS,
  signForm,
  signPart,
  signPut,
  UPLOAD_EXTENSIONS,
  type UploadKeys,
} from "@imagefleet/core/uploads";
import type { UploadSettings } from "./env.ts";
import { Refusal } from "./refusal.ts";
import type { Caller, Wanted } from "./request.ts";

/** How many addresses of parts one answer has: signing takes CPU time. */
const PARTS_AT_ONCE = 100;

const HOUR = 3600;
const DAY = 24 * HOUR;

/**
 * An upload that has not come a day after it was requested is forgotten. It comes within minutes, and a
 * fleet with many jobs may look at it hours later.
 */
const AWAITED_SECONDS = DAY;
/** As long as the bucket keeps the parts of an upload that is not completed. */
const MULTIPART_SECONDS = 7 * DAY;

/** What the API works with. */
export interface UploadsContext {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly table: CatalogTable;
  readonly keys: UploadKeys;
  readonly recipe: Recipe;
  readonly settings: UploadSettings;
  /** Where renditions are delivered; undefined: unknown. */
  readonly imagesUrl: string | undefined;
  /** ms since the epoch */
  readonly now: () => number;
}

/**
 * The uploads and images of users. Each method throws a Refusal for what a client did wrong or must
 * repeat, and Failure when S3 or DynamoDB fails.
 */
export class Uploads {
  readonly #context: UploadsContext;

  constructor(context: UploadsContext) {
    this.#context = context;
  }

  /** Signs an upload of a user: a form, a PUT, or the parts of a large file. */
  async begin(
    caller: Caller,
    wanted: Wanted,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<object> {
    const { table, keys, now } = this.#context;
    const ext = this.#extensionOf(caller, wanted);
    const most = this.#mostBytes(caller, wanted);
    const own = keys.make(caller.user, ext, now());
    const key = token === undefined ? own : await this.#keyOf(caller, token, own, wanted, signal);
    const known = key === own ? undefined : await table.get(key, signal);
    if (known !== undefined && known.status !== "awaiting") throw ended(key);
    if (known === undefined) await this.#count(caller.user, wanted.bytes ?? most, signal);
    return methodOf(wanted) === "multipart"
      ? this.#beginParts(key, known, wanted, signal)
      : this.#beginWhole(key, known, wanted, most, signal);
  }

  /** The addresses of the parts that S3 does not have yet. */
  async parts(caller: Caller, id: string | undefined, signal: AbortSignal): Promise<object> {
    const { table, now } = this.#context;
    const item = await this.#own(caller, id, signal);
    const multipart = item.status === "awaiting" ? item.multipart : undefined;
    const parts = multipart && (await this.#sentParts(item.key, multipart, signal));
    if (multipart === undefined || parts === undefined) throw ended(item.key);
    await table.put({ ...item, expiresAt: seconds(now()) + MULTIPART_SECONDS }, item, signal);
    return this.#signedParts(item.key, multipart, parts.missing);
  }

  /** Completes an upload of which S3 has all parts. A second time is answered as the first. */
  async complete(caller: Caller, id: string | undefined, signal: AbortSignal): Promise<object> {
    const { s3, bucket, table } = this.#context;
    const item = await this.#own(caller, id, signal);
    const { key, status, multipart } = item;
    const answer = { id: imageId(key), key };
    if (status === "removed" || (status === "awaiting" && !multipart)) throw ended(key);
    // The fleet has looked at it already.
    if (status !== "awaiting" || !multipart) return answer;
    const parts = await this.#sentParts(key, multipart, signal);
    if (parts === undefined) {
      // The answer to the first request was lost: S3 has no such upload because it was completed.
      if (multipart.completing) return answer;
      throw ended(key);
    }
    const { sent, missing } = parts;
    if (missing.length > 0) {
      const numbers = missing.map(({ number }) => number);
      throw new Refusal(409, "PartsMissing", "parts are missing or have another size: send them", {
        missing: numbers.slice(0, PARTS_AT_ONCE),
      });
    }
    await table.put({ ...item, multipart: { ...multipart, completing: true } }, item, signal);
    await orGone(
      s3.send(
        new CompleteMultipartUploadCommand({
          Bucket: bucket,
          Key: key,
          UploadId: multipart.uploadId,
          MultipartUpload: { Parts: sent },
        }),
        { abortSignal: signal },
      ),
    );
    return answer;
  }

  /** Ends an upload that is awaited: its parts are removed, and it is forgotten. */
  async abort(caller: Caller, id: string | undefined, signal: AbortSignal): Promise<void> {
    const item = await this.#own(caller, id, signal);
    if (item.status !== "awaiting") return;
    await this.#abortParts(item, signal);
    await this.#context.table.remove(item, signal);
  }

  /** One image of a user. */
  async show(caller: Caller, id: string | undefined, signal: AbortSignal): Promise<object> {
    const { recipe, keys: uploads, imagesUrl } = this.#context;
    return viewOf(await this.#own(caller, id, signal), { recipe, uploads }, imagesUrl);
  }

  /** A page of a user's images. */
  async list(
    { user }: Caller,
    page: { readonly cursor: string | undefined; readonly limit: number },
    signal: AbortSignal,
  ): Promise<object> {
    const { table, now } = this.#context;
    const found = await table.images(user, { ...page, now: now() }, signal);
    if (found === undefined) {
      throw new Refusal(400, "BadRequest", "cursor must be the one of the page before", {
        field: "cursor",
      });
    }
    return {
      images: found.images.map((image) => ({ id: imageId(image.key), ...image })),
      cursor: found.next,
    };
  }

  /** Deletes the source of an image, which may not have come. Its event has the fleet remove the renditions. */
  async remove(caller: Caller, id: string | undefined, signal: AbortSignal): Promise<void> {
    const { s3, bucket, table } = this.#context;
    const item = await this.#own(caller, id, signal);
    await this.#abortParts(item, signal);
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: item.key }), {
      abortSignal: signal,
    });
    // So that the user does not see it again until the fleet has removed it.
    await table.put({ ...item, status: "removed" }, item, signal);
  }

  async #beginWhole(
    key: string,
    known: ImageItem | undefined,
    wanted: Wanted,
    most: number,
    signal: AbortSignal,
  ): Promise<object> {
    const { s3, bucket } = this.#context;
    const { contentType, bytes, sha256, name } = wanted;
    const upload = { bucket, key, contentType, name };
    await this.#await(key, known, wanted, undefined, signal);
    const common = { id: imageId(key), key, expiresAt: this.#signedUntil() };
    if (bytes !== undefined && sha256 !== undefined && methodOf(wanted) === "put") {
      return { ...common, method: "PUT", ...(await signPut(s3, upload, { bytes, sha256 })) };
    }
    const range = { least: bytes ?? 1, most: bytes ?? most };
    return { ...common, method: "POST", ...(await signForm(s3, upload, range)) };
  }

  async #beginParts(
    key: string,
    known: ImageItem | undefined,
    wanted: Wanted,
    signal: AbortSignal,
  ): Promise<object> {
    const { s3, bucket } = this.#context;
    const { contentType, bytes = 0, name } = wanted;
    if (known?.multipart) {
      const parts = await this.#sentParts(key, known.multipart, signal);
      if (parts === undefined) throw ended(key);
      return this.#signedParts(key, known.multipart, parts.missing);
    }
    const { UploadId: uploadId = "" } = await s3.send(
      new CreateMultipartUploadCommand({
        Bucket: bucket,
        Key: key,
        ContentType: contentType,
        ...(name !== undefined && { Metadata: { [NAME_METADATA]: name } }),
      }),
      { abortSignal: signal },
    );
    const multipart = { uploadId, bytes };
    await this.#await(key, known, wanted, multipart, signal);
    return this.#signedParts(key, multipart, partsOf(bytes));
  }

  /** Writes the item of an upload that is to come, with the end of its time. */
  async #await(
    key: string,
    known: ImageItem | undefined,
    { name }: Wanted,
    multipart: ImageItem["multipart"],
    signal: AbortSignal,
  ): Promise<void> {
    const { table, now } = this.#context;
    const awaited = multipart === undefined ? AWAITED_SECONDS : MULTIPART_SECONDS;
    // Without its user and id it is not in the index of a user's images, whose writes cost as much.
    const item = {
      key,
      status: "awaiting",
      ...(name !== undefined && { name: decodeURIComponent(name) }),
      ...(multipart && { multipart }),
      expiresAt: seconds(now()) + awaited,
    } as const;
    // A repeated request whose upload has come in the meantime leaves the item as it is.
    if (known === undefined || known.status === "awaiting") await table.put(item, known, signal);
  }

  async #signedParts(
    key: string,
    { uploadId, bytes }: NonNullable<ImageItem["multipart"]>,
    missing: readonly Part[],
  ): Promise<object> {
    const { s3, bucket } = this.#context;
    const some = missing.slice(0, PARTS_AT_ONCE);
    const parts = some.map(async (part) => ({
      ...part,
      url: await signPart(s3, { bucket, key, uploadId, part }),
    }));
    return {
      id: imageId(key),
      key,
      method: "MULTIPART",
      partBytes: partBytes(bytes),
      parts: await Promise.all(parts),
      expiresAt: this.#signedUntil(),
    };
  }

  /**
   * The parts that S3 has, and those that are missing or have another size than declared; undefined when
   * S3 has no such upload: it was completed or aborted.
   */
  async #sentParts(
    key: string,
    { uploadId, bytes }: NonNullable<ImageItem["multipart"]>,
    signal: AbortSignal,
  ): Promise<{ sent: { PartNumber: number; ETag: string }[]; missing: Part[] } | undefined> {
    const { s3, bucket } = this.#context;
    const found = new Map<number, { bytes: number; etag: string }>();
    let marker: string | undefined;
    try {
      // The SDK's paginator does not end: S3 names a next part after the last page too.
      do {
        const page = await s3.send(
          new ListPartsCommand({
            Bucket: bucket,
            Key: key,
            UploadId: uploadId,
            ...(marker !== undefined && { PartNumberMarker: marker }),
          }),
          { abortSignal: signal },
        );
        for (const { PartNumber = 0, Size = 0, ETag = "" } of page.Parts ?? []) {
          found.set(PartNumber, { bytes: Size, etag: ETag });
        }
        marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
      } while (marker !== undefined);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
    const all = partsOf(bytes);
    return {
      sent: all.map(({ number }) => ({
        PartNumber: number,
        ETag: found.get(number)?.etag ?? "",
      })),
      missing: all.filter((part) => found.get(part.number)?.bytes !== part.bytes),
    };
  }

  /** The item of an id, if it is the caller's and not expired. */
  async #own(caller: Caller, id = "", signal: AbortSignal): Promise<ImageItem> {
    const { keys, table, now } = this.#context;
    const key = keyOfId(id);
    const isOwn = key !== undefined && keys.read(key)?.user === caller.user;
    const item = isOwn ? await table.get(key, signal) : undefined;
    const isExpired = item?.expiresAt !== undefined && item.expiresAt <= seconds(now());
    if (item !== undefined && !isExpired) return item;
    throw new Refusal(404, "NotFound", "there is no such image of this user");
  }

  async #abortParts({ key, status, multipart }: ImageItem, signal: AbortSignal): Promise<void> {
    if (status !== "awaiting" || multipart === undefined) return;
    const { s3, bucket } = this.#context;
    const { uploadId: UploadId } = multipart;
    await orGone(
      s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId }), {
        abortSignal: signal,
      }),
    );
  }

  /** The key of the upload that an idempotency token names: this one, if it is new. */
  async #keyOf(
    { user }: Caller,
    token: string,
    own: string,
    { contentType, bytes, sha256, name, method }: Wanted,
    signal: AbortSignal,
  ): Promise<string> {
    const fields = JSON.stringify([contentType, bytes, sha256, name, method]);
    const request = createHash("sha256").update(fields).digest("base64url");
    const first = { token, request, key: own, now: this.#context.now() };
    const key = await this.#context.table.keyFor(user, first, signal);
    if (key !== undefined) return key;
    // https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07#section-2.7
    const message = `Idempotency-Key is ${token}, which came with another body: use a new one for another upload`;
    throw new Refusal(422, "IdempotencyKeyReused", message, { field: "Idempotency-Key" });
  }

  #extensionOf({ types: own }: Caller, { contentType }: Wanted): string {
    const { settings, recipe } = this.#context;
    const { prefix, svg } = recipe.source;
    const allowed = settings.types.filter(
      (type) =>
        (own?.includes(type) ?? true) &&
        (svg || type !== "image/svg+xml") &&
        whyNotASource(recipe, `${prefix}name.${UPLOAD_EXTENSIONS[type]}`) === undefined,
    );
    const ext = UPLOAD_EXTENSIONS[contentType];
    if (ext !== undefined && allowed.includes(contentType)) return ext;
    const message = `contentType is ${JSON.stringify(contentType)}: use one of ${allowed.join(", ")}`;
    throw new Refusal(415, "TypeNotAllowed", message, { field: "contentType" });
  }

  #mostBytes({ maxBytes = Number.POSITIVE_INFINITY }: Caller, wanted: Wanted): number {
    const most = Math.min(this.#context.settings.maxBytes, maxBytes);
    const { bytes } = wanted;
    if (bytes !== undefined && bytes > most) {
      const message = `bytes is ${bytes}: an upload has at most ${most}`;
      throw new Refusal(413, "TooLarge", message, { field: "bytes", most });
    }
    const method = methodOf(wanted);
    const refuse = (field: string, message: string) => {
      throw new Refusal(400, "BadRequest", message, { field });
    };
    if (wanted.sha256 !== undefined && method !== "put") {
      refuse("sha256", `sha256 is not checked by the method ${method}: leave it out, or use put`);
    }
    if (method === "put" && wanted.sha256 === undefined)
      refuse("sha256", "method put needs sha256");
    if (method !== "post" && bytes === undefined) refuse("bytes", `method ${method} needs bytes`);
    if (method !== "multipart" && (bytes ?? 0) > FORM_BYTES) {
      const message = `bytes is ${bytes}: one request uploads at most 5 GiB: use the method multipart`;
      refuse("method", message);
    }
    return Math.min(most, FORM_BYTES);
  }

  async #count(user: string, bytes: number, signal: AbortSignal): Promise<void> {
    const { table, settings, now } = this.#context;
    const exceeded = await table.count(user, bytes, settings, now(), signal);
    if (exceeded === undefined) return;
    const { perHour, bytesPerDay } = settings;
    const message =
      exceeded === "hour"
        ? `a user may upload ${perHour} images an hour`
        : `a user may upload ${bytesPerDay} bytes a day (in UTC)`;
    const period = exceeded === "hour" ? HOUR : DAY;
    const wait = period - (seconds(now()) % period);
    const until = `${message}, and this upload would exceed it: repeat it in ${wait} s`;
    throw new Refusal(429, "TooManyUploads", until, {}, { "retry-after": String(wait) });
  }

  #signedUntil(): string {
    return new Date(this.#context.now() + SIGNED_SECONDS * 1000).toISOString();
  }
}

/** What S3 takes in one request. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const FORM_BYTES = 5 * 1024 ** 3;

/** How the upload is sent: as the client wants it, or as its hash and its size suggest. */
function methodOf({ method, bytes = 0, sha256 }: Wanted): "post" | "put" | "multipart" {
  if (method !== undefined) return method;
  if (sha256 !== undefined) return "put";
  return bytes >= MULTIPART_BYTES ? "multipart" : "post";
}

function ended(key: string): Refusal {
  const message =
    "the upload has come, was completed or aborted, or has no parts: begin another one";
  return new Refusal(409, "UploadEnded", message, { id: imageId(key) });
}

/** Waits for what ends as well when S3 has no such upload in parts: it was completed or aborted. */
async function orGone(asked: Promise<unknown>): Promise<void> {
  await asked.catch((error: unknown) => {
    if (!isGone(error)) throw error;
  });
}

function isGone(error: unknown): boolean {
  return error instanceof Error && error.name === "NoSuchUpload";
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
