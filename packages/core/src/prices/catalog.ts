import { logPrice } from "./logs.ts";
import { PRICES } from "./prices.ts";

/** What differs between applications. */
export interface CatalogUse {
  /** The item of a ready image, bytes. */
  readonly itemBytes: number;
  /** How often a client asks whether its image is ready. */
  readonly polls: number;
}

/** USD per image, besides what rendering costs. */
export interface CatalogAccount {
  /** Requests of the API, with its function. */
  readonly api: number;
  /** Reads and writes of the table. */
  readonly table: number;
  /** What keeps the table, and one notification. */
  readonly catalog: number;
  readonly total: number;
}

/** The memory of both functions, GiB: UPLOADS and CATALOG of infra/numbers.ts. */
const GIB = 0.5;
/** Assumed, not measured: the billed time of a request of the API, and of a batch of the catalog, s. */
const REQUEST_SECONDS = 0.03;
const BATCH_SECONDS = 0.15;
const BATCH = 10;
/** A line of the API's access log. */
const ACCESS_LOG_BYTES = 260;
const WRITE_BYTES = 1024;
const INDEX_WRITES = 1;
/** Writes of `POST /uploads`. */
const COUNTER = 1;
const IDEMPOTENCY = 1;
const AWAITING = 1;

/**
 * What uploads, catalog and notifications cost for an image, by the requests that the design makes on
 * full batches: one POST that counts the user's uploads, keeps its `Idempotency-Key` and writes the awaiting
 * item, which is not in the index; one event of the manifest, which is read and looked at again, one
 * notification, one write of the item and of its index.
 *
 * @example
 * 1_000_000 * catalogAccount({ itemBytes: 1000, polls: 2 }).total; // USD for a million images
 */
export function catalogAccount({ itemBytes, polls }: CatalogUse): CatalogAccount {
  const { apiGateway, dynamodb, lambda, s3, sns, sqs } = PRICES;
  const request =
    apiGateway.request +
    lambda.request +
    GIB * REQUEST_SECONDS * lambda.gibSecond +
    logPrice(ACCESS_LOG_BYTES, 1);
  const started = (COUNTER + IDEMPOTENCY + AWAITING) * dynamodb.write;
  const ready = (Math.ceil(itemBytes / WRITE_BYTES) + INDEX_WRITES) * dynamodb.write;
  // The catalog reads the item before it writes it; each poll reads it.
  const table = started + ready + (1 + polls) * dynamodb.read;
  const batch =
    lambda.request + GIB * BATCH_SECONDS * lambda.gibSecond + logPrice(0, 1) + 2 * sqs.request;
  const catalog = sqs.request + batch / BATCH + 2 * s3.read + sns.publish;
  const api = (1 + polls) * request;
  return { api, table, catalog, total: api + table + catalog };
}
