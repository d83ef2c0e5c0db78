import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { S3Client } from "@aws-sdk/client-s3";
import * as v from "valibot";
import type { Session } from "./session.ts";

export const SOURCES = "sources";
export const RENDITIONS = "renditions";

/** The fields of a request that the model reads. */
const request = v.object({
  Bucket: v.string(),
  Key: v.optional(v.string()),
  IfMatch: v.optional(v.string()),
  IfNoneMatch: v.optional(v.string()),
  Body: v.optional(v.instance(Uint8Array)),
  Metadata: v.optional(v.record(v.string(), v.string())),
  Tagging: v.optional(v.string()),
  Delete: v.optional(v.object({ Objects: v.array(v.object({ Key: v.string() })) })),
});
type Request = v.InferOutput<typeof request>;

/** The SDK has an output type per command, and the model answers all of them by one function. */
const output = v.any();

interface StoredObject {
  readonly body: Uint8Array;
  readonly etag: string;
  readonly tagging?: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An error like those of the SDK. */
class S3Fault extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(name: string, status: number) {
    super(name);
    this.name = name;
    this.$metadata = { httpStatusCode: status };
  }
}

/** Strongly consistent per key, with the conditions of RFC 9110 and S3's user guide. */
export class ModelS3 {
  readonly #objects = new Map<string, StoredObject>();
  readonly onPut: (key: string, session: Session, tagging: string | undefined) => void;

  constructor(onPut: ModelS3["onPut"]) {
    this.onPut = onPut;
  }

  put(
    bucket: string,
    key: string,
    body: Uint8Array,
    metadata: Record<string, string> = {},
    tagging?: string,
  ): string {
    const etag = `"${createHash("md5").update(body).digest("hex")}"`;
    this.#objects.set(`${bucket}/${key}`, { body, etag, metadata, tagging });
    return etag;
  }

  remove(bucket: string, key: string): void {
    this.#objects.delete(`${bucket}/${key}`);
  }

  get(bucket: string, key: string): StoredObject | undefined {
    return this.#objects.get(`${bucket}/${key}`);
  }

  keys(bucket: string): string[] {
    return [...this.#objects.keys()]
      .filter((name) => name.startsWith(`${bucket}/`))
      .map((name) => name.slice(bucket.length + 1));
  }

  /** Answers a command when the scheduler runs its call. */
  async answer(command: string, input: unknown, session: Session): Promise<unknown> {
    const asked = v.parse(request, input);
    const { Bucket: bucket, Key: key = "" } = asked;
    switch (command) {
      case "GetObjectCommand":
        return session.turn(`get ${bucket}/${key}`, () => this.#get(asked, session), "read");
      case "HeadObjectCommand":
        return session.turn(`head ${bucket}/${key}`, () => this.#head(asked), "read");
      case "PutObjectCommand":
        return session.turn(`put ${bucket}/${key}`, () => this.#put(asked, session), "write");
      case "DeleteObjectCommand":
        return session.turn(`delete ${bucket}/${key}`, () => this.#delete(asked), "write");
      case "DeleteObjectsCommand":
        return this.#deleteEach(bucket, asked.Delete?.Objects ?? [], session);
      default:
        throw new Error(`the model of S3 does not have ${command}`);
    }
  }

  /**
   * Removes each key in a step of its own. There is one answer, after all of them, with the keys that
   * failed: after the answer no key is still to be removed.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
   */
  async #deleteEach(bucket: string, objects: readonly { Key: string }[], session: Session) {
    const ends = await Promise.allSettled(
      objects.map(({ Key }) =>
        session.turn(`remove ${bucket}/${Key}`, () => this.remove(bucket, Key), "write"),
      ),
    );
    const Errors = objects.flatMap(({ Key }, at) =>
      ends[at]?.status === "rejected" ? [{ Key, Code: "InternalError" }] : [],
    );
    return { Errors };
  }

  #found({ Bucket: bucket, Key: key = "" }: Request, missing: string): StoredObject {
    const object = this.get(bucket, key);
    if (object === undefined) throw new S3Fault(missing, 404);
    return object;
  }

  #get(asked: Request, session: Session) {
    const { body, etag, metadata } = this.#found(asked, "NoSuchKey");
    if (asked.Bucket === SOURCES) session.content = etag;
    if (asked.IfNoneMatch === etag) throw new S3Fault("NotModified", 304);
    const text = Buffer.from(body).toString();
    const Body = Object.assign(Readable.from(body.length > 0 ? [body] : []), {
      transformToString: async () => text,
    });
    return { ETag: etag, ContentLength: body.length, Metadata: metadata, Body };
  }

  #head(asked: Request) {
    const { body, etag, metadata } = this.#found(asked, "NotFound");
    return { ETag: etag, ContentLength: body.length, Metadata: metadata };
  }

  #put(asked: Request, session: Session) {
    const { Bucket: bucket, Key: key = "", Body: body = new Uint8Array() } = asked;
    if (asked.IfNoneMatch === "*" && this.get(bucket, key)) {
      throw new S3Fault("PreconditionFailed", 412);
    }
    this.#checkMatch(asked);
    const etag = this.put(bucket, key, Buffer.from(body), asked.Metadata, asked.Tagging);
    this.onPut(key, session, asked.Tagging);
    return { ETag: etag };
  }

  #delete(asked: Request) {
    this.#checkMatch(asked);
    this.remove(asked.Bucket, asked.Key ?? "");
    return {};
  }

  #checkMatch(asked: Request): void {
    if (asked.IfMatch === undefined) return;
    const { etag } = this.#found(asked, "NoSuchKey");
    if (etag !== asked.IfMatch) throw new S3Fault("PreconditionFailed", 412);
  }
}

/** The real client, which the model answers before a request is signed or sent. */
export function s3Client(answer: (command: string, input: unknown) => Promise<unknown>): S3Client {
  const client = new S3Client({ region: "us-east-1" });
  client.middlewareStack.add(
    (_next, { commandName = "" }) =>
      async ({ input }) => ({
        output: v.parse(output, await answer(commandName, input)),
        response: undefined,
      }),
    { step: "initialize", priority: "high", name: "model" },
  );
  return client;
}
