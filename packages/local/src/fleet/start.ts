import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { Upload } from "@aws-sdk/lib-storage";
import { createS3, createSqs } from "@imagefleet/core/aws";
import type { Lane } from "@imagefleet/core/outcome";
import { FUNCTION_BYTES, manifestKey } from "@imagefleet/core/plan";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import { RenditionStore } from "@imagefleet/core/store";
import { parseJobLine, parseWarning } from "@imagefleet/core/telemetry";
import { compileEdge, negotiatedPatterns } from "@imagefleet/edge";
import { DEVELOPER } from "../api/index.ts";
import { spawnLocalAws } from "../aws/index.ts";
import { credentialsOf } from "../credentials/index.ts";
import { type Edge, startEdge } from "../edge/index.ts";
import { startEventSource } from "../event-source/index.ts";
import {
  type EnvironmentExit,
  type LocalFunction,
  startFunction,
  startFunctionUrl,
} from "../function/index.ts";
import { GALLERY, Gallery } from "../gallery/index.ts";
import {
  createInvalidations,
  createResources,
  laneUrl,
  type QueuePair,
  REGION,
} from "../resources/index.ts";
import { UPLOAD_PAGE, UploadPage } from "../upload-page/index.ts";
import {
  CATALOG_TIMEOUT_MS,
  prepareCatalog,
  type RunningCatalog,
  startCatalog,
} from "./catalog.ts";
import { readDeadLetters } from "./dead-letters.ts";
import { environments } from "./environment.ts";
import type { Fleet, FleetOptions, FleetStatus, JobReport, LaneDepth } from "./fleet.ts";
import { dropTestEvent } from "./test-event.ts";
import { startWorkerProcess } from "./worker-process.ts";

const CONSUME = new URL(import.meta.resolve("@imagefleet/lambda/consume/handler"));
const DELIVER = new URL(import.meta.resolve("@imagefleet/lambda/deliver/handler"));
const INVALIDATE = new URL(import.meta.resolve("@imagefleet/lambda/invalidate/handler"));

/** Shorter than in the cloud, because a user waits for the retry after a kill. */
const FUNCTION_TIMEOUT_MS = 30_000;
const LEASE_SECONDS = 30;

/** As in the cloud: a viewer waits. */
const DELIVER_TIMEOUT_MS = 25_000;
/**
 * Further requests are throttled, and a browser sends six to one host at the same time. New AWS accounts
 * have few as well. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const DELIVER_CONCURRENCY = 10;

/** The edge answers at once. The function gives up 5 s before its timeout. */
const INVALIDATE_TIMEOUT_MS = 10_000;
/**
 * 40 in the cloud, which outlasts every delivery. Here a delivery that takes longer may be cached after
 * the invalidation: its own check invalidates again.
 */
const INVALIDATION_DELAY_SECONDS = 2;

/** A batch must have ended before its messages are visible again. */
const VISIBILITY_PER_TIMEOUT = 4 / 3;

const BATCH_SIZE = 10;
const BATCH_WINDOW_MS = 250;

/** The interval of the check for an idle fleet, ms. */
const LOOK_MS = 100;

/**
 * Starts local S3 and SQS, buckets, queues, the notification, event sources, functions, worker and edge.
 *
 * @throws RecipeError, PortTaken; Error for a recipe whose edge functions would be too large
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const recipe = await loadRecipe(options.recipe.href);
  const functions = compileEdge(recipe);
  const { port, dataDir } = options;
  const edgePort = options.edgePort || (await freePort());
  // The page of uploads is the edge's, and sends to the API and to S3.
  const corsOrigins = [
    ...(options.corsOrigins ?? []),
    ...["127.0.0.1", "localhost"].map((host) => `http://${host}:${edgePort}`),
  ];
  const aws = await spawnLocalAws({ port, dataDir, corsOrigins });
  const { endpoint, credentials } = aws;
  const client = { region: REGION, endpoint, credentials };
  const s3 = createS3(client);
  const sqs = createSqs(client);
  const said = new EventEmitter<{ job: [JobReport]; notice: [string] }>();
  const notice = (text: string) => void said.emit("notice", text);
  let stopping = false;
  aws.ended.then((reason) => stopping || notice(`the local S3 and SQS ended: ${reason}`));
  const onLog = (line: string) => {
    const report = parseJobLine(line);
    if (report) said.emit("job", report);
    const warning = parseWarning(line);
    if (warning !== undefined) notice(warning);
  };

  const timeoutMs = options.functionTimeoutMs ?? FUNCTION_TIMEOUT_MS;
  const visibilityOf = (ms: number) => Math.ceil((ms * VISIBILITY_PER_TIMEOUT) / 1000);
  const leaseSeconds = {
    small: visibilityOf(timeoutMs),
    large: options.leaseSeconds ?? LEASE_SECONDS,
  };
  // Before the notification is set, for which S3 sends a test event.
  const older = { small: await leftIn(sqs, "small"), large: await leftIn(sqs, "large") };
  const resources = await createResources(s3, sqs, leaseSeconds);
  const invalidations = await createInvalidations(sqs, {
    visibility: visibilityOf(INVALIDATE_TIMEOUT_MS),
    delay: INVALIDATION_DELAY_SECONDS,
  });
  const created = options.catalog
    ? await prepareCatalog(
        { s3, sqs },
        { recipe, endpoint, credentials, visibility: visibilityOf(CATALOG_TIMEOUT_MS) },
      )
    : undefined;
  const { sourceBucket, renditionBucket } = resources;
  const { small, large } = resources.lanes;
  if (older.small.waiting + older.small.inFlight === 0) await dropTestEvent(sqs, small.url);
  const renditionStore = new RenditionStore(s3, renditionBucket);
  const programsEndpoint = (await options.endpointFor?.(endpoint)) ?? endpoint;
  const environment = environments({
    endpoint: programsEndpoint,
    credentials,
    resources,
    invalidations: invalidations.url,
    catalog: created?.queue.url,
    recipe: options.recipe,
    leaseSeconds,
    scratch: join(options.dataDir, "scratch"),
  });
  const maximumConcurrency =
    options.maximumConcurrency ?? Math.max(2, Math.floor(availableParallelism() / 2));
  const common = {
    exportName: "handler",
    memoryBytes: options.functionMemoryBytes ?? FUNCTION_BYTES,
    maximumConcurrency,
    onLog,
    onExit: ({ why, signal, code }: EnvironmentExit) => {
      if (why !== "stopped") notice(`a function process ended (${why}: ${signal ?? code})`);
    },
  };
  const deliver = startFunction({
    ...common,
    name: "imagefleet-deliver",
    handler: DELIVER,
    maximumConcurrency: DELIVER_CONCURRENCY,
    timeoutMs: Math.min(DELIVER_TIMEOUT_MS, timeoutMs),
    environment: environment.deliver,
  });
  const secret = randomUUID();
  const functionUrl = await startFunctionUrl({ fn: deliver, secret });
  const gallery = new Gallery(s3, renditionBucket, recipe);
  // The API starts after the edge, whose address is in its answers.
  let running: RunningCatalog | undefined;
  let uploadPage: UploadPage | undefined;
  let edge: Edge;
  try {
    edge = await startEdge({
      functions,
      bucket: {
        endpoint: programsEndpoint,
        name: renditionBucket,
        credentials: credentialsOf("edge", credentials),
      },
      functionUrl: { url: functionUrl.url, secret },
      // Signed sizes are signed with the secret of the servers, so that a user needs no other one.
      keyValues: (key) => (key === "key.local" ? credentials.secretAccessKey : undefined),
      negotiated: negotiatedPatterns(recipe),
      pages: {
        [GALLERY]: (query) => gallery.page(query),
        [UPLOAD_PAGE]: async () => uploadPage?.page() ?? "This fleet has no API of uploads.",
      },
      corsOrigins,
      port: edgePort,
    });
  } catch (error) {
    await Promise.all([functionUrl.close(), aws.close()]);
    throw error;
  }
  const fn = startFunction({
    ...common,
    name: "imagefleet-consume",
    handler: CONSUME,
    timeoutMs,
    environment: environment.consume,
  });
  // It starts with the first invalidation.
  const invalidate = startFunction({
    ...common,
    name: "imagefleet-invalidate",
    handler: INVALIDATE,
    maximumConcurrency: 1,
    timeoutMs: INVALIDATE_TIMEOUT_MS,
    environment: { ...environment.invalidate, AWS_ENDPOINT_URL_CLOUDFRONT: edge.url },
  });
  if (created !== undefined) {
    running = await startCatalog({
      created,
      common,
      endpoint: programsEndpoint,
      credentials,
      recipe: options.recipe,
      sourceBucket,
      renditionBucket,
      imagesUrl: edge.url,
      dataDir,
      corsOrigins,
      port: options.apiPort ?? 0,
    });
    const { api } = running;
    const token = () => api.developmentToken(DEVELOPER);
    uploadPage = new UploadPage({ api: api.url, s3: endpoint, token });
  }
  // Lambda polls as the function's role.
  const receive = (
    program: "function" | "invalidate" | "catalog",
    queue: QueuePair,
    of: LocalFunction,
  ) => {
    const polling = createSqs({
      region: REGION,
      endpoint: programsEndpoint,
      credentials: credentialsOf(program, credentials),
    });
    const source = startEventSource({
      sqs: polling,
      queueUrl: queue.url,
      queueArn: queue.arn,
      region: REGION,
      batchSize: BATCH_SIZE,
      windowMs: BATCH_WINDOW_MS,
      maximumConcurrency: of.maximumConcurrency,
      reportBatchItemFailures: true,
      fn: of,
      onError: (error) => notice(`the event source: ${error.message}`),
    });
    return async () => {
      await source.stop();
      polling.destroy();
    };
  };
  const stopConsuming = receive("function", small, fn);
  const stopInvalidating = receive("invalidate", invalidations, invalidate);
  const stopProjecting = created && running && receive("catalog", created.queue, running.catalog);
  const workers = Array.from({ length: options.workers ?? 1 }, () =>
    startWorkerProcess({ environment: environment.worker, onLog, onNotice: notice }),
  );

  const status = async (): Promise<FleetStatus> => {
    // In the order of a job's lanes, so that no job is missed between two lanes.
    const lanes = { small: await depthOf(sqs, small.url), large: await depthOf(sqs, large.url) };
    const dead = async (lane: Lane) => {
      const { waiting, inFlight } = await depthOf(sqs, resources.lanes[lane].deadLetters);
      return waiting + inFlight;
    };
    return { lanes, deadLetters: { small: await dead("small"), large: await dead("large") } };
  };

  let drained: Promise<void> | undefined;
  const drain = () => {
    drained ??= (async () => {
      await Promise.all([
        stopConsuming(),
        stopProjecting?.(),
        running?.api.close(),
        // An invalidation in progress asks the edge.
        stopInvalidating()
          .then(() => edge.close())
          .then(() => functionUrl.close()),
        ...workers.map((worker) => worker.stop()),
      ]);
      const functions = [fn, deliver, invalidate, running?.catalog, running?.uploads];
      await Promise.all(functions.map((each) => each?.stop()));
      await linesRead();
    })();
    return drained;
  };

  return {
    endpoint,
    edge,
    credentials,
    sourceBucket,
    renditionBucket,
    ...(created && running && { catalog: { ...created, api: running.api } }),
    older,
    async upload(key, file) {
      await stat(file);
      await new Upload({
        client: s3,
        params: { Bucket: sourceBucket, Key: key, Body: createReadStream(file) },
      }).done();
    },
    onJob: (listener) => void said.on("job", listener),
    onNotice: (listener) => void said.on("notice", listener),
    status,
    async idle(signal) {
      for (;;) {
        signal?.throwIfAborted();
        const { lanes } = await status();
        // After the lanes, whose jobs send them.
        const others = [invalidations.url, ...(created ? [created.queue.url] : [])];
        const depths = [
          ...Object.values(lanes),
          ...(await Promise.all(others.map((url) => depthOf(sqs, url)))),
        ];
        if (depths.every(({ waiting, inFlight }) => waiting + inFlight === 0)) break;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      await linesRead();
    },
    async renditions(key) {
      const stored = await renditionStore.manifest(
        manifestKey(recipe, key),
        new AbortController().signal,
      );
      return stored?.manifest?.renditions ?? [];
    },
    async deadLetters() {
      const [fromSmall, fromLarge] = await Promise.all([
        readDeadLetters(sqs, small.deadLetters, "small"),
        readDeadLetters(sqs, large.deadLetters, "large"),
      ]);
      return [...fromSmall, ...fromLarge];
    },
    async read(key) {
      const got = await s3.send(new GetObjectCommand({ Bucket: renditionBucket, Key: key }));
      return Buffer.from((await got.Body?.transformToByteArray()) ?? []);
    },
    manifestKey: (key) => manifestKey(recipe, key),
    processes: () => ({
      functions: [fn, deliver, invalidate, running?.catalog, running?.uploads].flatMap(
        (each) => each?.pids() ?? [],
      ),
      deliver: deliver.pids(),
      catalog: running?.catalog.pids() ?? [],
      workers: workers.flatMap((worker) => worker.pid() ?? []),
    }),
    drain,
    async stop() {
      stopping = true;
      await drain();
      s3.destroy();
      sqs.destroy();
      await aws.close();
    },
  };
}

/** A port that nobody listens on: S3 allows pages of the edge before the edge has started. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Lets the log lines of the last jobs be read, which are already in the pipes. */
async function linesRead(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function leftIn(sqs: SQSClient, lane: Lane): Promise<LaneDepth> {
  const url = await laneUrl(sqs, lane);
  return url === undefined ? { waiting: 0, inFlight: 0 } : depthOf(sqs, url);
}

async function depthOf(sqs: SQSClient, url: string): Promise<LaneDepth> {
  const { Attributes: counts = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
  );
  return {
    waiting:
      Number(counts["ApproximateNumberOfMessages"] ?? 0) +
      Number(counts["ApproximateNumberOfMessagesDelayed"] ?? 0),
    inFlight: Number(counts["ApproximateNumberOfMessagesNotVisible"] ?? 0),
  };
}
