import { catalogAccount } from "@imagefleet/core/prices";
import type { Measured } from "../../sample/measure.ts";
import { mean } from "./cost.ts";

/** What uploads, catalog and notifications cost for a million images, USD, besides rendering. */
export interface UploadsCost {
  /** The mean size of an item in the table. */
  readonly itemBytes: number;
  /** How often a client asks whether its image is ready; assumed. */
  readonly polls: number;
  readonly apiUsd: number;
  readonly tableUsd: number;
  /** Of the function that keeps the table, its queue, and one notification. */
  readonly catalogUsd: number;
  readonly totalUsd: number;
}

const MILLION = 1_000_000;

/** The client waits for a second, and longer each time: most images are ready by then. */
const POLLS = 2;

/** An item by DynamoDB's count, with a UUID for the user: without renditions, and for each of them. */
const ITEM_BYTES = 457;
const RENDITION_BYTES = 180;

export function uploadsCost(sample: readonly Measured[]): UploadsCost {
  const renditions = mean(sample.map(({ renditions, onRequest }) => renditions + onRequest.length));
  const itemBytes = Math.round(ITEM_BYTES + RENDITION_BYTES * renditions);
  const { api, table, catalog, total } = catalogAccount({ itemBytes, polls: POLLS });
  return {
    itemBytes,
    polls: POLLS,
    apiUsd: MILLION * api,
    tableUsd: MILLION * table,
    catalogUsd: MILLION * catalog,
    totalUsd: MILLION * total,
  };
}
