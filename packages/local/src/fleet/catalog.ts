import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";
import { SNSClient } from "@aws-sdk/client-sns";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { manifestPattern } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import { UPLOAD_EXTENSIONS, UPLOAD_KEY } from "@imagefleet/core/uploads";
import { type Api, startApi, UPLOAD_ROUTES } from "../api/index.ts";
import { asEnvironment, type Credentials, credentialsOf } from "../credentials/index.ts";
import { type FunctionOptions, type LocalFunction, startFunction } from "../function/index.ts";
import { type Catalog, createCatalog, REGION } from "../resources/index.ts";

const CATALOG = new URL(import.meta.resolve("@imagefleet/lambda/catalog/handler"));
const UPLOADS = new URL(import.meta.resolve("@imagefleet/lambda/uploads/handler"));

export const CATALOG_TIMEOUT_MS = 10_000;
const API_TIMEOUT_MS = 10_000;
const MEMORY_BYTES = 512 * 1024 * 1024;
/** The API has no queue: further requests are refused. */
const API_CONCURRENCY = 4;

/** The settings' defaults. A laptop has one user, who tries things out. */
const SETTINGS = {
  key: UPLOAD_KEY,
  maxBytes: 5 * 1024 ** 3,
  types: Object.keys(UPLOAD_EXTENSIONS),
  perHour: 10_000,
  bytesPerDay: 1024 ** 4,
};

/** Creates the table, the topic and the queues, as infra does in the cloud. */
export async function prepareCatalog(
  clients: { readonly s3: S3Client; readonly sqs: SQSClient },
  options: {
    readonly recipe: Recipe;
    readonly endpoint: string;
    readonly credentials: Credentials;
    /** The visibility timeout of its queue, s. */
    readonly visibility: number;
  },
): Promise<Catalog> {
  const { recipe, visibility, endpoint, credentials } = options;
  const client = { region: REGION, endpoint, credentials };
  const dynamo = new DynamoDBClient(client);
  const sns = new SNSClient(client);
  const manifests = manifestPattern(recipe).before;
  try {
    return await createCatalog({ ...clients, dynamo, sns }, { visibility, manifests });
  } finally {
    dynamo.destroy();
    sns.destroy();
  }
}

/** The function that keeps the table, and the API of uploads and images. */
export interface RunningCatalog {
  readonly catalog: LocalFunction;
  readonly uploads: LocalFunction;
  readonly api: Api;
}

/**
 * Starts the API and its function. The catalog's function is called by an event source of its queue.
 *
 * @throws PortTaken
 */
export async function startCatalog(options: {
  readonly created: Catalog;
  readonly common: Pick<FunctionOptions, "exportName" | "onLog" | "onExit">;
  /** The endpoint for the functions. */
  readonly endpoint: string;
  readonly credentials: Credentials;
  readonly recipe: URL;
  readonly sourceBucket: string;
  readonly renditionBucket: string;
  readonly imagesUrl: string;
  readonly dataDir: string;
  readonly corsOrigins: readonly string[];
  readonly port: number;
}): Promise<RunningCatalog> {
  const { created, endpoint, credentials, sourceBucket, renditionBucket } = options;
  const environment = {
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: endpoint,
    IMAGEFLEET_TABLE: created.table,
    IMAGEFLEET_RECIPE: options.recipe.href,
  };
  const common = { ...options.common, memoryBytes: MEMORY_BYTES };
  const catalog = startFunction({
    ...common,
    name: "imagefleet-catalog",
    handler: CATALOG,
    maximumConcurrency: 1,
    timeoutMs: CATALOG_TIMEOUT_MS,
    environment: {
      ...environment,
      ...asEnvironment(credentialsOf("catalog", credentials)),
      IMAGEFLEET_RENDITION_BUCKET: renditionBucket,
      IMAGEFLEET_SOURCE_BUCKETS: sourceBucket,
      IMAGEFLEET_TOPIC_ARN: created.topicArn,
      IMAGEFLEET_IMAGES_URL: options.imagesUrl,
    },
  });
  const uploads = startFunction({
    ...common,
    name: "imagefleet-uploads",
    handler: UPLOADS,
    maximumConcurrency: API_CONCURRENCY,
    timeoutMs: API_TIMEOUT_MS,
    environment: {
      ...environment,
      ...asEnvironment(credentialsOf("uploads", credentials)),
      IMAGEFLEET_SOURCE_BUCKET: sourceBucket,
      IMAGEFLEET_UPLOADS: JSON.stringify(SETTINGS),
      IMAGEFLEET_IMAGES_URL: options.imagesUrl,
    },
  });
  const { dataDir, corsOrigins, port } = options;
  const api = await startApi({ fn: uploads, routes: UPLOAD_ROUTES, dataDir, corsOrigins, port });
  return { catalog, uploads, api };
}
