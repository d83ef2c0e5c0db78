import { randomBytes } from "node:crypto";
import { GetObjectCommand, ListObjectsV2Command, ListPartsCommand } from "@aws-sdk/client-s3";
import { picture } from "@imagefleet/client";
import { createUploader, UploadError, type UploadProgress } from "@imagefleet/client/upload";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Fate, Seen } from "./fixtures/between.ts";
import { type Served, serveUploads } from "./fixtures/serve.ts";

const MIB = 1024 * 1024;
const JPEG = { type: "image/jpeg" };
const PATIENT = { timeout: 15_000 };
/** Of three parts. */
const LARGE = randomBytes(12 * MIB);

let served: Served;
/** Each test has its own. */
let user = "";

beforeAll(async () => {
  served = await serveUploads();
});
afterAll(() => served.close());
beforeEach(({ task }) => {
  user = task.id.replace(/\W/g, "-");
  for (const between of [served.api, served.s3]) {
    between.seen = [];
    between.most = 0;
    between.fate = () => "pass";
  }
});

function uploaderOf(options = {}) {
  return createUploader({ api: served.api.url, token: () => served.token(user), ...options });
}

/** Decides about the first requests whose line has a part, one after the other; the others pass. */
function inTurn(part: string, ...fates: readonly Fate[]): (seen: Seen) => Fate {
  const left = [...fates];
  return ({ line }) => (line.includes(part) ? (left.shift() ?? "pass") : "pass");
}

async function errorOf(work: Promise<unknown>): Promise<UploadError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UploadError)) throw new Error(`not an UploadError: ${error}`);
  return error;
}

async function storedOf(key: string): Promise<Buffer> {
  const got = await served.client.send(new GetObjectCommand({ Bucket: served.bucket, Key: key }));
  return Buffer.from((await got.Body?.transformToByteArray()) ?? []);
}

/** The keys of the test's user below a prefix. */
async function keysOf(prefix: string): Promise<unknown[]> {
  const Prefix = `${prefix}${user}/`;
  const found = await served.client.send(
    new ListObjectsV2Command({ Bucket: served.bucket, Prefix }),
  );
  return (found.Contents ?? []).map(({ Key }) => Key);
}

test("a file is sent by a form, and the ready image is what picture() takes", async () => {
  const bytes = randomBytes(100_000);
  const progress: UploadProgress[] = [];
  const file = new File([bytes], "ü 🐱.jpg", JPEG);
  const image = await uploaderOf().upload(file, { onProgress: (now) => progress.push(now) });
  expect(image).toMatchObject({ status: "ready", name: "ü 🐱.jpg", source: { bytes: 100_000 } });
  expect(await storedOf(image.key)).toEqual(bytes);
  const data = picture(image, "whole", { base: "https://images.example.com", version: false });
  expect(data?.img.src).toBe(`https://images.example.com/${image.key}`);
  expect(progress.at(-1)).toEqual({ sent: 100_000, total: 100_000 });
  expect(served.s3.lines()).toEqual(["POST /uploaded"]);
}, 60_000);

test("a large file is sent in parts, as many at a time as is set", async () => {
  const progress: UploadProgress[] = [];
  const image = await uploaderOf({ concurrency: 2 }).upload(new Blob([LARGE], JPEG), {
    name: "large.jpg",
    onProgress: (now) => progress.push(now),
  });
  expect(image).toMatchObject({ status: "ready", name: "large.jpg" });
  expect((await storedOf(image.key)).equals(LARGE)).toBe(true);
  expect(served.s3.most).toBe(2);
  expect(progress.at(-1)).toEqual({ sent: LARGE.length, total: LARGE.length });
}, 60_000);

test("parts that are signed some at a time are all sent", async () => {
  const bytes = randomBytes(21 * MIB);
  const image = await uploaderOf().upload(new Blob([bytes], JPEG));
  expect((await storedOf(image.key)).equals(bytes)).toBe(true);
  expect(served.s3.lines("PUT")).toHaveLength(5);
}, 60_000);

test("after a lost answer, a repeated POST makes no second upload", async () => {
  served.api.fate = inTurn("POST /uploads", "lose the answer", "lose");
  const image = await uploaderOf().upload(new Blob(["a"], JPEG));
  expect(served.api.lines("POST /uploads")).toHaveLength(3);
  expect(await keysOf("records/uploads/")).toEqual([`records/${image.key}`]);
}, 60_000);

test.each<[string, Fate]>([
  ["before S3 has it", "lose"],
  ["after S3 has it", "lose the answer"],
  ["by an error of S3", { status: 503, body: "<Error><Code>SlowDown</Code></Error>" }],
  [
    "by a signature that has expired",
    { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" },
  ],
])(
  "a form that is lost %s is sent again",
  async (_case, fate) => {
    served.s3.fate = inTurn("POST", fate);
    const image = await uploaderOf().upload(new Blob(["bytes"], JPEG));
    expect((await storedOf(image.key)).toString()).toBe("bytes");
    expect(served.s3.lines("POST")).toHaveLength(2);
    expect(await keysOf("uploads/")).toEqual([image.key]);
  },
  60_000,
);

test("a form whose answer was lost is not sent again if the fleet has looked at it", async () => {
  served.s3.fate = inTurn("POST", "lose the answer");
  const body = JSON.stringify({ error: { code: "UploadEnded", message: "it has come" } });
  served.api.fate = inTurn("POST /uploads", "pass", { status: 409, body });
  const progress: UploadProgress[] = [];
  const image = await uploaderOf().upload(new Blob(["bytes"], JPEG), {
    onProgress: (now) => progress.push(now),
  });
  expect((await storedOf(image.key)).toString()).toBe("bytes");
  expect(served.s3.lines("POST")).toHaveLength(1);
  expect(progress.at(-1)).toEqual({ sent: 5, total: 5 });
}, 60_000);

test.each([
  [403, "AccessDenied", 2],
  [400, "EntityTooLarge", 1],
])(
  "what S3 refuses with %i is an error with its code",
  async (status, code, attempts) => {
    const body = `<Error><Code>${code}</Code><Message>Not this one</Message></Error>`;
    served.s3.fate = () => ({ status, body });
    const error = await errorOf(uploaderOf().upload(new Blob(["bytes"], JPEG)));
    expect(error).toMatchObject({ code, message: "Not this one" });
    expect(served.s3.lines()).toHaveLength(attempts);
  },
  60_000,
);

test("after a lost connection only the missing parts are sent", async () => {
  const fates: Record<string, Fate[]> = { "1": ["lose the answer"], "3": ["lose", "lose"] };
  served.s3.fate = ({ line }) => fates[line.split("=")[1] ?? ""]?.shift() ?? "pass";
  const progress: UploadProgress[] = [];
  const image = await uploaderOf({ concurrency: 3 }).upload(new Blob([LARGE], JPEG), {
    onProgress: (now) => progress.push(now),
  });
  expect(progress.at(-1)).toEqual({ sent: LARGE.length, total: LARGE.length });
  expect((await storedOf(image.key)).equals(LARGE)).toBe(true);
  const parts = served.s3.lines("PUT").map((line) => line.split("=")[1]);
  expect(parts.toSorted()).toEqual(["1", "2", "3", "3", "3"]);
}, 60_000);

test("a part that S3 does not keep is not sent without end", async () => {
  served.s3.fate = ({ line }) => (line.endsWith("=2") ? { status: 200 } : "pass");
  const error = await errorOf(uploaderOf().upload(new Blob([LARGE], JPEG)));
  expect(error.code).toBe("PartsMissing");
}, 60_000);

test("the signal ends an upload in parts, and cancels it on the server", async () => {
  const abort = new AbortController();
  const canceled = Promise.withResolvers<void>();
  served.s3.fate = async ({ line }): Promise<Fate> => {
    if (!line.endsWith("=3")) return "pass";
    abort.abort(new Error("changed my mind"));
    await canceled.promise;
    return "lose";
  };
  served.api.fate = ({ method }) => {
    if (method === "DELETE") canceled.resolve();
    return "pass";
  };
  const { signal } = abort;
  const file = new Blob([LARGE], JPEG);
  const error = await errorOf(uploaderOf().upload(file, { signal }));
  expect(error).toMatchObject({ code: "Aborted", cause: { message: "changed my mind" } });
  await canceled.promise;
  await expect.poll(() => keysOf("records/uploads/"), PATIENT).toEqual([]);
  const [sent] = served.s3.seen;
  const address = new URL(sent?.url ?? "", served.s3.target);
  const [, Bucket = "", Key = ""] = /^\/(\w+)\/(.*)$/.exec(address.pathname) ?? [];
  const UploadId = address.searchParams.get("uploadId") ?? "";
  const list = () => served.client.send(new ListPartsCommand({ Bucket, Key, UploadId }));
  await expect.poll(() => list().then(Boolean, String), PATIENT).toContain("NoSuchUpload");
}, 60_000);

test("an upload that is aborted before the API has answered is canceled as well", async () => {
  const abort = new AbortController();
  const answered = Promise.withResolvers<void>();
  served.api.fate = async ({ line }): Promise<Fate> => {
    if (line !== "POST /uploads") return "pass";
    abort.abort();
    await answered.promise;
    return "pass";
  };
  const { signal } = abort;
  const error = await errorOf(uploaderOf().upload(new Blob(["a"], JPEG), { signal }));
  answered.resolve();
  expect(error.code).toBe("Aborted");
  await expect.poll(() => served.api.lines("DELETE"), PATIENT).toHaveLength(1);
  expect(served.s3.lines()).toEqual([]);
  const again = uploaderOf().upload(new Blob(["a"], JPEG), { signal });
  expect((await errorOf(again)).code).toBe("Aborted");
}, 60_000);

test("once the bytes are stored, the signal only ends the wait", async () => {
  const abort = new AbortController();
  served.api.fate = ({ method }) => {
    if (method === "GET") abort.abort();
    return "pass";
  };
  const { signal } = abort;
  const error = await errorOf(uploaderOf().upload(new Blob(["a"], JPEG), { signal }));
  expect(error.code).toBe("Aborted");
  expect(await keysOf("uploads/")).toHaveLength(1);
  // After it, a cancellation would have been seen.
  await uploaderOf().list();
  expect(served.api.lines("DELETE")).toEqual([]);
}, 60_000);

test("a token is asked for each request, and once more after a 401", async () => {
  let asked = 0;
  const token = async () => (++asked === 1 ? "expired" : served.token("anna"));
  await uploaderOf({ token }).upload(new Blob(["a"], JPEG));
  expect(asked).toBe(served.api.seen.length);
  const error = await errorOf(uploaderOf({ token: "wrong" }).list());
  expect(error).toMatchObject({ code: "Unauthorized", message: "Unauthorized" });
}, 60_000);

test("a short Retry-After is waited for, and a long one is the user's to wait", async () => {
  const body = JSON.stringify({ error: { code: "TooManyUploads", message: "100 in this hour" } });
  const refusal = (seconds: string): Fate => {
    return { status: 429, headers: { "retry-after": seconds }, body };
  };
  served.api.fate = inTurn("POST", refusal("1"));
  const started = performance.now();
  await uploaderOf().upload(new Blob(["a"], JPEG));
  expect(performance.now() - started).toBeGreaterThan(1000);
  served.api.fate = () => refusal("1800");
  const error = await errorOf(uploaderOf().upload(new Blob(["a"], JPEG)));
  expect(error).toMatchObject({ code: "TooManyUploads", retryAfter: 1800 });
}, 60_000);

test("what API Gateway throttles is asked again", async () => {
  const body = JSON.stringify({ message: "Too Many Requests" });
  served.api.fate = inTurn("GET /images", { status: 429, body });
  expect(await uploaderOf().list()).toEqual({ images: [] });
}, 60_000);

test("five errors of the server are enough", async () => {
  const body = JSON.stringify({ error: { code: "CatalogUnavailable", message: "try later" } });
  served.api.fate = () => ({ status: 503, body });
  const error = await errorOf(uploaderOf().upload(new Blob(["a"], JPEG)));
  expect(error).toMatchObject({ code: "CatalogUnavailable", message: "try later" });
  expect(served.api.lines()).toHaveLength(5);
}, 60_000);

test("a rejected image is an error with its reason", async () => {
  const error = await errorOf(uploaderOf().upload(new Blob(["not a picture"], JPEG)));
  expect(error).toMatchObject({
    code: "Rejected",
    reason: "SourceUnsupported",
    message: "the bytes are of no format that the fleet reads",
    id: expect.stringMatching(/^[\w-]+$/),
  });
}, 60_000);

test("an image that is not ready in time is an error with its id", async () => {
  const body = JSON.stringify({ id: "x", key: "x", status: "awaiting" });
  served.api.fate = ({ method }) => (method === "GET" ? { status: 200, body } : "pass");
  const uploader = uploaderOf({ readyTimeoutMs: 600 });
  const error = await errorOf(uploader.upload(new Blob(["a"], JPEG)));
  expect(error).toMatchObject({ code: "Timeout", id: expect.any(String) });
}, 60_000);

test.each([
  ["a.HEIC", "", "image/heic"],
  ["b.tif", "", "image/tiff"],
  ["c.jpg", "image/png", "image/png"],
  ["d", "", "application/octet-stream"],
])(
  "the type of %s, which is %j in the browser, is %s",
  async (name, type, sent) => {
    served.api.fate = () => ({ status: 415, body: "{}" });
    await errorOf(uploaderOf().upload(new File(["a"], name, { type })));
    const [{ body = Buffer.alloc(0) } = {}] = served.api.seen;
    expect(JSON.parse(body.toString())).toEqual({ contentType: sent, bytes: 1, name });
  },
  60_000,
);

test("a type that the API refuses is an error with its code", async () => {
  const file = new Blob(["a"], { type: "application/x-msdownload" });
  const error = await errorOf(uploaderOf().upload(file));
  expect(error.code).toBe("TypeNotAllowed");
}, 60_000);

test("a file name has no control characters and at most a kilobyte", async () => {
  const file = new File(["a"], `a\n\u0000b${"🐱".repeat(1000)}.jpg`, JPEG);
  const image = await uploaderOf().upload(file);
  expect(image.name).toMatch(/^ab(🐱){50,90}$/u);
}, 60_000);

/** As a browser has a file that was removed since it was chosen. */
class Removed extends Blob {
  override slice(): Blob {
    return new Removed([]);
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.reject(new DOMException("could not be read", "NotReadableError"));
  }
}

test("a file that cannot be read any more is an error that says so", async () => {
  served.s3.fate = inTurn("POST", "lose");
  const error = await errorOf(uploaderOf().upload(new Removed(["a"], JPEG)));
  expect(error).toMatchObject({ code: "Unreadable", cause: { name: "NotReadableError" } });
}, 60_000);

test("the user's images are listed in pages, and removed", async () => {
  const uploader = uploaderOf();
  for (const text of ["a", "b", "c"]) await uploader.upload(new Blob([text], JPEG));
  const first = await uploader.list();
  const second = await uploader.list(first.cursor);
  expect([first.images.length, second.images.length, second.cursor]).toEqual([2, 1, undefined]);
  await uploader.remove(first.images[0]?.id ?? "");
  const left = await uploader.list();
  expect([left.images.length, left.cursor]).toEqual([2, undefined]);
  const other = uploaderOf({ token: () => served.token("bob") });
  expect(await other.list()).toEqual({ images: [] });
  const id = left.images[0]?.id ?? "";
  expect((await errorOf(other.remove(id))).code).toBe("NotFound");
}, 60_000);
