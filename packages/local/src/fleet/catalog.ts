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

/** Wider than the defaults of the settings: a laptop has one user, who tries things out. */
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

/** The environments of both functions, as infra sets them in the cloud. */
export function catalogEnvironments(options: {
  readonly created: Catalog;
  readonly endpoint: string;
  readonly credentials: Credentials;
  readonly recipe: URL;
  readonly sourceBucket: string;
  readonly renditionBucket: string;
  readonly imagesUrl: string;
}): Record<"catalog" | "uploads", Record<string, string>> {
  const { created, credentials, sourceBucket } = options;
  const common = {
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: options.endpoint,
    IMAGEFLEET_TABLE: created.table,
    IMAGEFLEET_RECIPE: options.recipe.href,
  };
  return {
    catalog: {
      ...common,
      ...asEnvironment(credentialsOf("catalog", credentials)),
      IMAGEFLEET_RENDITION_BUCKET: options.renditionBucket,
      IMAGEFLEET_SOURCE_BUCKETS: sourceBucket,
      IMAGEFLEET_TOPIC_ARN: created.topicArn,
      IMAGEFLEET_IMAGES_URL: options.imagesUrl,
    },
    uploads: {
      ...common,
      ...asEnvironment(credentialsOf("uploads", credentials)),
      IMAGEFLEET_SOURCE_BUCKET: sourceBucket,
      IMAGEFLEET_UPLOADS: JSON.stringify(SETTINGS),
      IMAGEFLEET_IMAGES_URL: options.imagesUrl,
    },
  };
}

/**
 * Starts the API and its function. The catalog's function is called by an event source of its queue.
 *
 * @throws PortTaken
 */
export async function startCatalog(
  options: Parameters<typeof catalogEnvironments>[0] & {
    readonly common: Pick<
      FunctionOptions,
      "exportName" | "maximumConcurrency" | "onLog" | "onExit"
    >;
    readonly dataDir: string;
    readonly corsOrigins: readonly string[];
    readonly port: number;
  },
): Promise<RunningCatalog> {
  const environments = catalogEnvironments(options);
  const common = { ...options.common, memoryBytes: MEMORY_BYTES };
  const catalog = startFunction({
    ...common,
    name: "imagefleet-catalog",
    handler: CATALOG,
    timeoutMs: CATALOG_TIMEOUT_MS,
    environment: environments.catalog,
  });
  const uploads = startFunction({
    ...common,
    name: "imagefleet-uploads",
    handler: UPLOADS,
    maximumConcurrency: API_CONCURRENCY,
    timeoutMs: API_TIMEOUT_MS,
    environment: environments.uploads,
  });
  const { dataDir, corsOrigins, port } = options;
  const api = await startApi({ fn: uploads, routes: UPLOAD_ROUTES, dataDir, corsOrigins, port });
  return { catalog, uploads, api };
}
