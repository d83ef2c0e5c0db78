import { allowCrossOrigin } from "./cors.ts";
import { requestId } from "./events.ts";
import { type App, buildFauxqs, S3Error, SnsStore, SqsError } from "./fauxqs.ts";
import { acceptBodies } from "./incoming.ts";
import { Notifier } from "./notifier.ts";
import { Objects } from "./objects.ts";
import { Persistence } from "./persistence.ts";
import { PortTaken } from "./port.ts";
import { queryError } from "./query-error.ts";
import { Queues } from "./queues.ts";
import { prepareS3 } from "./s3.ts";
import { prepareSqs } from "./sqs.ts";
import { mendUnicode } from "./unicode.ts";

/** `port` 0 means any; `dataDir` is created, and kept when the server ends. */
export type LocalAwsOptions = {
  port: number;
  dataDir: string;
  /** Called when the folder's disk has no space left: what was asked for then was not done. */
  onDiskFull?: () => void;
};

/** S3 (path-style) and SQS on one port of 127.0.0.1. */
export type LocalAws = { endpoint: string; port: number; close(): Promise<void> };

const host = "127.0.0.1";

/**
 * Starts S3 and SQS in this process, with what the folder holds from earlier runs.
 *
 * @throws PortTaken; Error when another process uses the folder
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  mendUnicode();
  let opened: { disk: Persistence; endpoint: string } | undefined;
  const now = () => {
    if (opened === undefined) throw new Error("the server has not opened its folder yet");
    return opened;
  };
  const disk = () => now().disk;
  const queues = new Queues(() => now().endpoint, disk);
  const notifier = new Notifier(queues, disk);
  const objects = new Objects(disk, notifier);
  const topics = new SnsStore();
  const app = buildFauxqs({
    logger: false,
    stores: { sqsStore: queues, s3Store: objects, snsStore: topics },
  });

  const loading = Promise.withResolvers<void>();
  loading.promise.catch(() => {});
  app.addHook("onRequest", async (request, reply) => {
    await loading.promise;
    reply.header("x-amz-request-id", requestId());
    if (allowCrossOrigin(request, reply)) return reply;
  });
  acceptBodies(app);
  prepareRequests(app, queues, objects, notifier);
  answerErrors(app, options.onDiskFull);
  app.addHook("onSend", async (_request, reply) => {
    const name = "x-amzn-query-error";
    if (reply.hasHeader(name)) reply.header(name, queryError(String(reply.getHeader(name))));
  });

  // The port first: it is what two starts of the same project collide on, and queue
  // URLs are made of it. Requests wait above until the folder is loaded.
  const port = await listen(app, options.port);
  const endpoint = `http://${host}:${port}`;
  try {
    const disk = openFolder(options.dataDir);
    opened = { disk, endpoint };
    disk.load(queues, topics, objects);
    notifier.load();
    queues.persistence = disk;
    for (const queue of queues.allQueues()) queue.persistence = disk;
    topics.persistence = disk;
    objects.persistence = disk;
    loading.resolve();
  } catch (error) {
    loading.reject(error);
    await app.close();
    opened?.disk.close();
    throw error;
  }
  const { disk: folder } = opened;
  let closing: Promise<void> | undefined;
  const close = async () => {
    await app.close();
    folder.close();
  };
  return { endpoint, port, close: () => (closing ??= close()) };
}

async function listen(app: App, port: number): Promise<number> {
  try {
    // Of http's own port, 80, a URL does not speak.
    return Number(new URL(await app.listen({ port, host })).port || 80);
  } catch (error) {
    await app.close();
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
      throw new PortTaken(port);
    }
    throw error;
  }
}

function openFolder(dataDir: string): Persistence {
  try {
    return new Persistence(dataDir);
  } catch (cause) {
    throw new Error(`${dataDir} cannot be opened; perhaps another process uses it`, { cause });
  }
}

function prepareRequests(app: App, queues: Queues, objects: Objects, notifier: Notifier): void {
  app.addHook("preHandler", (request, reply, done) => {
    if (request.url !== "/" || request.method !== "POST") {
      // Fastify must not go on when the hook has answered.
      if (prepareS3(request, reply, objects, notifier) === "handle") done();
      return;
    }
    const raw = Buffer.isBuffer(request.body) ? request.body.toString("utf8") : "";
    if (request.headers["content-type"]?.includes("x-amz-json-1.0") !== true) {
      request.body = Object.fromEntries(new URLSearchParams(raw));
      done();
      return;
    }
    request.body = JSON.parse(raw);
    prepareSqs(request, reply, queues).then(
      (next) => {
        if (next === "handle") done();
      },
      (error: Error) => done(error),
    );
  });
}

function answerErrors(app: App, onDiskFull: (() => void) | undefined): void {
  app.setErrorHandler((error, request, reply) => {
    if (isDiskFull(error)) onDiskFull?.();
    if (error instanceof SqsError) {
      reply.header("content-type", "application/x-amz-json-1.0");
      reply.header("x-amzn-query-error", error.queryErrorHeader);
      reply.status(error.statusCode).send(error.toJSON());
      return;
    }
    const known =
      error instanceof S3Error ? error : new S3Error("InternalError", String(error), 500);
    reply.header("content-type", "application/xml").status(known.statusCode);
    reply.send(request.method === "HEAD" ? undefined : known.toXml());
  });
}

/** https://sqlite.org/rescode.html: SQLITE_FULL, the lowest byte of every code that extends it. */
const sqliteFull = 13;

function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error) || !("errcode" in error)) return false;
  return (Number(error.errcode) & 0xff) === sqliteFull;
}
