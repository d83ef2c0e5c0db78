import type { PictureManifest } from "./picture.ts";

export interface UploaderOptions {
  /** The address of the upload API, such as `https://a1b2c3.execute-api.eu-central-1.amazonaws.com`. */
  readonly api: string;
  /**
   * The user's token. A function is called before each request to the API, and again after a 401. What
   * it throws ends the call.
   */
  readonly token: string | (() => string | Promise<string>);
  /** How many parts of one file are sent at the same time. Default: 4. */
  readonly concurrency?: number;
  /** How long `upload` waits for the image after its last byte, in ms. Default: 120,000. */
  readonly readyTimeoutMs?: number;
}

export interface UploadOptions {
  /** Called while bytes are sent. `sent` decreases when a part has to be sent again. */
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  /**
   * Ends the upload with an error whose code is `Aborted`, and cancels it on the server. Once all bytes
   * are stored, it only ends the wait.
   */
  readonly signal?: AbortSignal | undefined;
  /** The name that the catalog keeps. Default: that of the file. */
  readonly name?: string | undefined;
}

/** In bytes. */
export interface UploadProgress {
  readonly sent: number;
  readonly total: number;
}

/** `awaiting`: its bytes have not arrived, or its renditions are not made yet. */
export type ImageStatus = "awaiting" | "ready" | "rejected" | "failed" | "removed";

/** An image in the list of a user. Width and height are those of the source, in px. */
export interface ListedImage {
  readonly id: string;
  /** The source's key. */
  readonly key: string;
  readonly status: ImageStatus;
  readonly name?: string;
  readonly width?: number;
  readonly height?: number;
  readonly placeholder?: { readonly thumbhash: string; readonly color: string };
}

export interface ImageList {
  /** Newest first. */
  readonly images: readonly ListedImage[];
  /** Absent on the last page. */
  readonly cursor?: string;
}

/** An image as the catalog has it. `picture` and `placeholder` take it in place of a manifest. */
export interface UploadedImage extends PictureManifest {
  readonly id: string;
  /** The source's key. */
  readonly key: string;
  readonly status: ImageStatus;
  readonly name?: string;
  /** Why it was rejected, or has failed. */
  readonly reason?: string;
  readonly message?: string;
  readonly source?: {
    readonly etag: string;
    readonly bytes: number;
    /** px */
    readonly width?: number;
    /** px */
    readonly height?: number;
    readonly format?: string;
  };
  readonly renditions?: readonly UploadedRendition[];
  readonly bytesOut?: number;
  /** ISO 8601 */
  readonly requestedAt?: string;
  /** ISO 8601 */
  readonly committedAt?: string;
}

/** Width and height in px. */
export interface UploadedRendition {
  readonly preset: string;
  readonly key: string;
  readonly url?: string;
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly bytes?: number;
  readonly savedPercent?: number;
  /** Whether it exists since the upload, or is made on request. */
  readonly when: "upload" | "request";
}

export interface Uploader {
  /**
   * Sends a file and waits until its renditions are made. Files from 64 MiB are sent in parts. After a
   * lost connection it goes on with the parts that are missing.
   *
   * @returns the image, whose status is `ready`
   * @throws UploadError
   */
  upload(file: Blob, options?: UploadOptions): Promise<UploadedImage>;
  /**
   * An image as it is now, such as one that is in the list, or was not ready in time.
   *
   * @throws UploadError
   */
  get(id: string): Promise<UploadedImage>;
  /**
   * A page of the user's images.
   *
   * @param cursor that of the page before
   * @throws UploadError
   */
  list(cursor?: string): Promise<ImageList>;
  /**
   * Deletes an image and its renditions.
   *
   * @throws UploadError
   */
  remove(id: string): Promise<void>;
}

/** Why an upload has failed. */
export class UploadError extends Error {
  override readonly name = "UploadError";
  /**
   * `Rejected`, `Failed` or `Removed`: what became of the image. `Aborted`: by the signal. `Connection`:
   * it was lost, and ten attempts failed; while the browser is offline, none is made. `Unreadable`: the file was changed or removed meanwhile.
   * `Timeout`: the image is stored but was not ready in time. Any other is that of the API, such as
   * `TooLarge`, `TypeNotAllowed`, `TooManyUploads` or `Unauthorized`, or of S3, such as
   * `EntityTooLarge`.
   */
  readonly code: string;
  /** Of a rejected or failed image, such as `SourceUnsupported`. */
  readonly reason: string | undefined;
  /** The image, where the server has given it an id. */
  readonly id: string | undefined;
  /** In how many seconds the API takes the request. */
  readonly retryAfter: number | undefined;

  constructor(code: string, message: string, details: UploadErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.reason = details.reason;
    this.id = details.id;
    this.retryAfter = details.retryAfter;
  }
}

export interface UploadErrorDetails {
  readonly reason?: string | undefined;
  readonly id?: string | undefined;
  /** s */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/** An error after which another attempt may succeed. */
class Transient extends UploadError {
  /** How many attempts may fail in this way, one after the other. */
  readonly most: number;

  constructor(most: number, code: string, message: string, details?: UploadErrorDetails) {
    super(code, message, details);
    this.most = most;
  }
}

/** Above a minute in all: `pause` doubles the time up to 15 s. */
const LOST_ATTEMPTS = 10;
const SERVER_ATTEMPTS = 5;
/** The first one may have met an expired signature, and gets a new one. */
const REFUSED_ATTEMPTS = 2;

/** s; the user waits for a longer one. */
const LONGEST_RETRY_AFTER = 10;

/** API Gateway gives up after 30 s. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const CALL_TIMEOUT_MS = 35_000;
/** A connection on which no byte moves for this long is lost, even if no event says so. */
const STALL_MS = 60_000;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html limits all names and values to 2 KB. */
const NAME_BYTES = 1024;

/** Types that browsers do not know on every system, and report as an empty one. */
const TYPES: Readonly<Record<string, string>> = {
  avif: "image/avif",
  heic: "image/heic",
  heif: "image/heif",
  tif: "image/tiff",
  tiff: "image/tiff",
};

interface Part {
  readonly number: number;
  readonly bytes: number;
  readonly url: string;
}

interface FormPlan {
  readonly method: "POST";
  readonly id: string;
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

interface MultipartPlan {
  readonly method: "MULTIPART";
  readonly id: string;
  readonly partBytes: number;
  readonly parts: readonly Part[];
}

/** What the API answers to `POST /uploads` without a checksum. */
type Plan = FormPlan | MultipartPlan;

interface Call {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes that are sent to S3. */
interface Transfer {
  readonly method: "POST" | "PUT";
  readonly url: string;
  readonly body: Blob | FormData;
  readonly onSent: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** The part of a browser that Node has neither in its types nor at run time. */
declare const self:
  | (EventTarget & { readonly navigator: { readonly onLine?: boolean } })
  | undefined;
declare class XMLHttpRequest {
  readonly status: number;
  readonly responseText: string;
  readonly upload: { onprogress: (event: { readonly loaded: number }) => void };
  onloadend: () => void;
  open(method: string, url: string): void;
  send(body: Blob | FormData): void;
  abort(): void;
}

const browser = typeof self === "undefined" ? undefined : self;

/**
 * Uploads of one user. It runs in browsers; in a worker without XMLHttpRequest and in Node, progress is
 * reported at the end of each part.
 *
 * @example
 * const uploader = createUploader({
 *   api: "https://uploads.example.com",
 *   token: async () => (await fetch("/token")).text(),
 * });
 * const image = await uploader.upload(new Blob([body], { type: "image/jpeg" }), {
 *   onProgress: ({ sent, total }) => console.info(sent / total),
 *   signal,
 * });
 * const data = picture(image, "large", { base: "https://images.example.com" });
 */
export function createUploader(options: UploaderOptions): Uploader {
  const { token, concurrency = 4, readyTimeoutMs = 120_000 } = options;
  const api = options.api.replace(/\/$/, "");

  /** Asks the API, and again after what may pass. Each request is one that may be repeated. */
  async function call<T>(method: string, path: string, asked: Call = {}): Promise<T> {
    const { body, signal } = asked;
    for (let failures = 0; ; ) {
      try {
        return await attempt<T>(
          `${api}${path}`,
          {
            method,
            headers: { ...asked.headers, ...(body && { "content-type": "application/json" }) },
            ...(body && { body: JSON.stringify(body) }),
          },
          signal,
        );
      } catch (error) {
        await afterFailure(error, ++failures, signal);
      }
    }
  }

  async function attempt<T>(
    url: string,
    init: RequestInit & { readonly headers: Record<string, string> },
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const ask = async () => {
      const authorization = `Bearer ${typeof token === "string" ? token : await token()}`;
      const headers = { ...init.headers, authorization };
      const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
      const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
      try {
        // A cancellation outlives the page.
        const keepalive = init.method === "DELETE";
        const response = await fetch(url, { ...init, headers, keepalive, signal: either });
        return { response, text: await response.text() };
      } catch (cause) {
        throw signal?.aborted ? aborted(signal) : lost(cause);
      }
    };
    let { response, text } = await ask();
    // The token may have expired on the way.
    if (response.status === 401) ({ response, text } = await ask());
    if (!response.ok) throw refusalOf(response, text);
    // The answers of the user's own deployment: a schema would be larger than this client.
    return JSON.parse(text || "{}");
  }

  async function upload(file: Blob, given: UploadOptions = {}): Promise<UploadedImage> {
    const { signal, onProgress } = given;
    if (signal?.aborted) throw aborted(signal);
    const name = given.name ?? nameOf(file);
    const idempotencyKey = randomKey();
    // It has no signal, because only its answer tells what is to be canceled.
    const create = () =>
      call<Plan>("POST", "/uploads", {
        headers: { "idempotency-key": idempotencyKey },
        body: { contentType: typeOf(file, name), bytes: file.size, ...(name && { name }) },
      });
    const created = create();
    let isStored = false;
    try {
      const plan = await unlessAborted(created, signal);
      const progress = new Progress(file.size, onProgress);
      if (plan.method === "POST") await sendForm(file, plan, create, progress, signal);
      else await sendParts(file, plan, progress, signal);
      isStored = true;
      return await untilReady(plan.id, signal);
    } catch (error) {
      if (signal?.aborted && !isStored) {
        created.then(({ id }) => call("DELETE", `/uploads/${id}`)).catch(() => {});
      }
      throw error;
    }
  }

  async function sendForm(
    file: Blob,
    first: FormPlan,
    create: () => Promise<Plan>,
    progress: Progress,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let plan: Plan | undefined = first;
    for (let failures = 0; plan?.method === "POST"; ) {
      const form = new FormData();
      for (const [field, value] of Object.entries(plan.fields)) form.append(field, value);
      // S3 ignores what follows the file.
      form.append("file", file);
      const onSent = (bytes: number) => progress.set(1, Math.min(bytes, file.size));
      try {
        await transfer({ method: "POST", url: plan.url, body: form, onSent, signal });
        break;
      } catch (error) {
        progress.set(1, 0);
        await afterFailure(error, ++failures, signal, file);
        // With the same key, the API answers with the same upload, signed again, unless it has come.
        plan = await unlessAborted(create(), signal).catch(whenEnded);
      }
    }
    progress.set(1, file.size);
  }

  async function sendParts(
    file: Blob,
    { id, partBytes, parts: first }: MultipartPlan,
    progress: Progress,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const sendAll = async (parts: readonly Part[]) => {
      const queue = [...parts];
      let failure: unknown;
      const lane = async () => {
        for (let part = queue.shift(); part && !failure; part = queue.shift()) {
          const { number, bytes, url } = part;
          const start = (number - 1) * partBytes;
          const body = file.slice(start, start + bytes);
          const onSent = (sent: number) => progress.set(number, Math.min(sent, bytes));
          try {
            await transfer({ method: "PUT", url, body, onSent, signal });
            progress.set(number, bytes);
          } catch (error) {
            progress.set(number, 0);
            failure ??= error;
          }
        }
      };
      await Promise.all(Array.from({ length: concurrency }, lane));
      return failure;
    };
    let parts = first;
    for (let idle = 0; parts.length > 0; ) {
      const failure = await sendAll(parts);
      if (failure) await afterFailure(failure, idle + 1, signal, file);
      const sent = parts;
      // S3 knows which parts have arrived, also those whose answer was lost.
      ({ parts } = await call<Pick<MultipartPlan, "parts">>("POST", `/uploads/${id}/parts`, {
        signal,
      }));
      const missing = new Set(parts.map(({ number }) => number));
      for (const { number, bytes } of sent) if (!missing.has(number)) progress.set(number, bytes);
      idle = numbersOf(parts) === numbersOf(sent) ? idle + 1 : 0;
      if (idle > LOST_ATTEMPTS) {
        throw new UploadError("PartsMissing", "S3 takes the parts, and does not list them", { id });
      }
    }
    await call("POST", `/uploads/${id}/complete`, { signal });
  }

  async function untilReady(id: string, signal: AbortSignal | undefined): Promise<UploadedImage> {
    const until = Date.now() + readyTimeoutMs;
    for (let delay = 250; ; delay = Math.min(delay * 1.5, 5000)) {
      await pause(delay * (0.75 + Math.random() / 2), signal);
      const image = await call<UploadedImage>("GET", `/uploads/${id}`, { signal });
      const { status, reason, message } = image;
      if (status === "ready") return image;
      if (status !== "awaiting") {
        const code = status.charAt(0).toUpperCase() + status.slice(1);
        throw new UploadError(code, message ?? `the image was ${status}`, { reason, id });
      }
      if (Date.now() > until) {
        throw new UploadError("Timeout", `the image is not ready after ${readyTimeoutMs} ms`, {
          id,
        });
      }
    }
  }

  return {
    upload,
    get: (id) => call("GET", `/uploads/${id}`),
    list: (cursor) => {
      const query = cursor === undefined ? "" : `?cursor=${encodeURIComponent(cursor)}`;
      return call("GET", `/images${query}`);
    },
    remove: async (id) => {
      await call("DELETE", `/images/${id}`);
    },
  };
}

/** What of a file has been sent, by part. */
class Progress {
  readonly #sent = new Map<number, number>();
  readonly #total: number;
  readonly #report: UploadOptions["onProgress"];

  constructor(total: number, report: UploadOptions["onProgress"]) {
    this.#total = total;
    this.#report = report;
  }

  set(part: number, bytes: number): void {
    this.#sent.set(part, bytes);
    const sent = [...this.#sent.values()].reduce((sum, each) => sum + each, 0);
    this.#report?.({ sent, total: this.#total });
  }
}

/**
 * Sends bytes to S3.
 *
 * @throws UploadError
 */
async function transfer(asked: Transfer): Promise<void> {
  const { signal } = asked;
  if (signal?.aborted) throw aborted(signal);
  const { status, text } = await (typeof XMLHttpRequest === "undefined"
    ? sendByFetch(asked)
    : sendByXhr(asked));
  if (status >= 200 && status < 300) return;
  if (signal?.aborted) throw aborted(signal);
  if (status === 0) throw lost();
  const [, code = `Status${status}`] = /<Code>(.*?)<\/Code>/.exec(text) ?? [];
  const [, message = `S3 answered ${status}`] = /<Message>(.*?)<\/Message>/s.exec(text) ?? [];
  if (status === 403) throw new Transient(REFUSED_ATTEMPTS, code, message);
  // S3 closes a connection that is idle. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  const mayPass = status >= 500 || status === 429 || code === "RequestTimeout";
  throw mayPass ? new Transient(SERVER_ATTEMPTS, code, message) : new UploadError(code, message);
}

/** The status 0: there was no answer. */
interface Answer {
  readonly status: number;
  readonly text: string;
}

/** `fetch` does not report how much it has sent. */
function sendByXhr({ method, url, body, onSent, signal }: Transfer): Promise<Answer> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    let timer = setTimeout(stop, STALL_MS);
    request.open(method, url);
    request.upload.onprogress = ({ loaded }) => {
      clearTimeout(timer);
      timer = setTimeout(stop, STALL_MS);
      onSent(loaded);
    };
    request.onloadend = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      browser?.removeEventListener("offline", stop);
      resolve({ status: request.status, text: request.responseText });
    };
    signal?.addEventListener("abort", stop);
    browser?.addEventListener("offline", stop);
    request.send(body);
  });
}

async function sendByFetch({ method, url, body, signal }: Transfer): Promise<Answer> {
  try {
    const response = await fetch(url, { method, body, signal: signal ?? null });
    return { status: response.status, text: await response.text() };
  } catch {
    return { status: 0, text: "" };
  }
}

/**
 * Waits before the next attempt.
 *
 * @param failures how many attempts in a row have failed
 * @param file is read, because a browser reports a file that it cannot read as a lost connection
 * @throws UploadError the failure itself, where another attempt makes no sense
 */
async function afterFailure(
  failure: unknown,
  failures: number,
  signal: AbortSignal | undefined,
  file?: Blob,
): Promise<void> {
  if (!(failure instanceof Transient) || failures >= failure.most) throw failure;
  try {
    await file?.slice(0, 1).arrayBuffer();
  } catch (cause) {
    throw new UploadError("Unreadable", "the file cannot be read: choose it again", { cause });
  }
  const { retryAfter } = failure;
  const ms =
    retryAfter === undefined ? Math.min(250 * 2 ** (failures - 1), 15_000) : retryAfter * 1000;
  await pause(ms, signal);
}

/** Waits, and until the browser has a connection. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const waited = new Promise<void>((resolve) => {
    setTimeout(() => {
      if (browser?.navigator.onLine === false) {
        browser.addEventListener("online", () => resolve(), { once: true });
      } else resolve();
    }, ms);
  });
  return unlessAborted(waited, signal);
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(aborted(signal));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** The answer of S3 was lost, and the fleet has looked at the upload in the meantime. */
function whenEnded(error: unknown): undefined {
  if (!(error instanceof UploadError && error.code === "UploadEnded")) throw error;
}

function aborted(signal: AbortSignal): UploadError {
  return new UploadError("Aborted", "the upload was aborted", { cause: signal.reason });
}

function lost(cause?: unknown): Transient {
  return new Transient(LOST_ATTEMPTS, "Connection", "the connection was lost", { cause });
}

/** What the API refuses; API Gateway's own refusals have only a message. */
function refusalOf({ status, headers }: Response, text: string): UploadError {
  const { error, message = `the API answered ${status}` } = refusalIn(text);
  const code = error?.code ?? (status === 401 ? "Unauthorized" : `Status${status}`);
  const given = headers.get("retry-after");
  const retryAfter = given === null ? undefined : Number(given);
  const mayPass =
    status >= 500 ||
    (status === 429 && (retryAfter === undefined ? !error : retryAfter <= LONGEST_RETRY_AFTER));
  const details = { retryAfter };
  return mayPass
    ? new Transient(SERVER_ATTEMPTS, code, error?.message ?? message, details)
    : new UploadError(code, error?.message ?? message, details);
}

interface Refusal {
  readonly error?: { readonly code: string; readonly message: string };
  readonly message?: string;
}

function refusalIn(text: string): Refusal {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** A name that the API takes: it refuses control characters, and more than a kilobyte. */
function nameOf(file: Blob): string {
  const given = "name" in file ? String(file.name) : "";
  const kept = [...given.toWellFormed().replace(/\p{Cc}/gu, "")];
  while (encodeURIComponent(kept.join("")).length > NAME_BYTES) kept.pop();
  return kept.join("");
}

function typeOf({ type }: Blob, name: string): string {
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return type || TYPES[extension] || "application/octet-stream";
}

/** `crypto.randomUUID` is only in secure contexts. */
function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}

function numbersOf(parts: readonly Part[]): string {
  return parts.map(({ number }) => number).join();
}
