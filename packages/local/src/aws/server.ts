import { mkdirSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { type Credentials, credentialsOf, keepSecret } from "../credentials/index.ts";
import { Authority } from "./authority.ts";
import { DynamoError } from "./dynalite.ts";
import {
  type App,
  buildFauxqs,
  type Reply,
  S3Error,
  SnsError,
  SnsStore,
  SqsError,
  snsErrorResponse,
} from "./fauxqs.ts";
import { acceptBodies } from "./incoming.ts";
import { Notifier, requestId } from "./notifier.ts";
import { Objects } from "./objects.ts";
import { allowCrossOrigin, checkHost } from "./origin.ts";
import { Persistence } from "./persistence.ts";
import { Queues } from "./queues.ts";
import { prepareS3 } from "./s3.ts";
import { DYNAMODB_TARGET, serviceOf } from "./service.ts";
import { acceptUnicode, prepareSqs, queryError } from "./sqs.ts";
import { folderError, PortTaken, whyUnusable } from "./start-error.ts";
import { Tables } from "./tables.ts";
import { header } from "./target.ts";
import { readForm } from "./topics.ts";

/** `port` 0 means any free port. `dataDir` is created, and kept when the server ends. */
export type LocalAwsOptions = {
  port: number;
  dataDir: string;
  /** Origins whose pages may read responses: `http://localhost:5173`. */
  corsOrigins?: readonly string[] | undefined;
  /** Called when a request failed because the folder's disk is full. */
  onDiskFull?: () => void;
};

/** S3, SQS, DynamoDB and SNS on one port of 127.0.0.1. Requests must be signed with the folder's secret. */
export type LocalAws = {
  endpoint: string;
  port: number;
  credentials: Credentials;
  close(): Promise<void>;
};

const host = "127.0.0.1";

const Refused = v.looseObject({ statusCode: v.pipe(v.number(), v.minValue(400), v.maxValue(499)) });

/**
 * Starts the servers in this process with the folder's data from earlier runs.
 *
 * @throws PortTaken, FolderError
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  acceptUnicode();
  let opened:
    | { disk: Persistence; endpoint: string; authority: Authority; tables: Tables }
    | undefined;
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
    checkHost(request, port);
    if (allowCrossOrigin(request, reply, options.corsOrigins ?? [])) return reply;
    await now().authority.checkHead(request);
  });
  // Before the handlers, which do not await.
  app.addHook("preValidation", (request) => now().authority.checkBody(request));
  acceptBodies(app);
  prepareRequests(app, queues, objects, notifier, () => now().tables);
  answerErrors(app, options.onDiskFull);
  app.addHook("onSend", async (_request, reply) => {
    const name = "x-amzn-query-error";
    if (reply.hasHeader(name)) reply.header(name, queryError(String(reply.getHeader(name))));
  });

  // The port comes first: two starts of one project conflict on it, and queue URLs contain it. Requests
  // wait in the hook above until the folder is loaded.
  const port = await listen(app, options.port);
  const endpoint = `http://${host}:${port}`;
  let credentials: Credentials;
  let locked: Persistence | undefined;
  try {
    // Only the owner may read it.
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
    const disk = new Persistence(options.dataDir);
    locked = disk;
    credentials = credentialsOf("local", { secretAccessKey: keepSecret(options.dataDir) });
    const tables = await Tables.open(join(options.dataDir, "dynamodb"));
    opened = { disk, endpoint, authority: new Authority(credentials), tables };
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
    await opened?.tables.close();
    locked?.close();
    throw folderError(error, options.dataDir);
  }
  const { disk: folder, tables } = opened;
  let closing: Promise<void> | undefined;
  const close = async () => {
    await app.close();
    await tables.close();
    folder.close();
  };
  return { endpoint, port, credentials, close: () => (closing ??= close()) };
}

async function listen(app: App, port: number): Promise<number> {
  try {
    // A URL omits port 80, the default of http.
    return Number(new URL(await app.listen({ port, host })).port || 80);
  } catch (error) {
    await app.close();
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
      throw new PortTaken(port);
    }
    throw error;
  }
}

function prepareRequests(
  app: App,
  queues: Queues,
  objects: Objects,
  notifier: Notifier,
  tables: () => Tables,
): void {
  app.addHook("preHandler", (request, reply, done) => {
    const raw = () => (Buffer.isBuffer(request.body) ? request.body.toString("utf8") : "");
    switch (serviceOf(request)) {
      case "s3":
        // done() must not be called when the hook has answered.
        if (prepareS3(request, reply, objects, notifier) === "handle") done();
        return;
      case "query":
        request.body = readForm(raw());
        done();
        return;
      case "sqs":
        prepareSqs(request, reply, queues, raw()).then(
          (next) => {
            if (next === "handle") done();
          },
          (error: Error) => done(error),
        );
        return;
      case "dynamodb": {
        const action = header(request, "x-amz-target")?.slice(DYNAMODB_TARGET.length) ?? "";
        tables()
          .answer(action, raw())
          .then(
            (answer) => sendJson(reply, 200, answer),
            (error: Error) => done(error),
          );
      }
    }
  });
}

function sendJson(reply: Reply, status: number, body: unknown): void {
  reply.header("content-type", "application/x-amz-json-1.0").status(status);
  reply.send(JSON.stringify(body));
}

/** Requests that Fastify rejects are client errors. */
function unforeseen(error: unknown): InstanceType<typeof S3Error> {
  const isRefused = v.is(Refused, error);
  return new S3Error(
    isRefused ? "InvalidRequest" : "InternalError",
    String(error),
    isRefused ? error.statusCode : 500,
  );
}

function answerErrors(app: App, onDiskFull: (() => void) | undefined): void {
  app.setErrorHandler((error, request, reply) => {
    if (whyUnusable(error) === "full") onDiskFull?.();
    if (error instanceof SqsError) {
      reply.header("content-type", "application/x-amz-json-1.0");
      reply.header("x-amzn-query-error", error.queryErrorHeader);
      reply.status(error.statusCode).send(error.toJSON());
      return;
    }
    if (error instanceof DynamoError) return sendJson(reply, error.statusCode, error.body);
    if (error instanceof SnsError) {
      reply.header("content-type", "text/xml").status(error.statusCode);
      reply.send(snsErrorResponse(error.code, error.message));
      return;
    }
    const known = error instanceof S3Error ? error : unforeseen(error);
    reply.header("content-type", "application/xml").status(known.statusCode);
    reply.send(request.method === "HEAD" ? undefined : known.toXml());
  });
}
