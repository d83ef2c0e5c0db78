import { setTimeout as delay } from "node:timers/promises";
import { BatchGetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as v from "valibot";
import type { CatalogViolation } from "./check.ts";
import { keyOf } from "./item.ts";

const LOOK_MS = 100;

const itemSchema = v.pipe(
  v.object({ pk: v.string(), seq: v.optional(v.number(), 0) }),
  v.transform(({ pk, seq }) => ({ key: keyOf(pk), seq })),
);
type Seen = v.InferOutput<typeof itemSchema>;

/** What a reader of a few items has seen of their versions. */
export class SeenVersions {
  readonly violations: CatalogViolation[] = [];
  readonly #seq = new Map<string, number>();

  /** @param items what one read of these keys has returned, in any order */
  see(keys: readonly string[], items: readonly Seen[]): void {
    const read = new Map(items.map(({ key, seq }) => [key, seq]));
    for (const key of keys) {
      const before = this.#seq.get(key);
      const now = read.get(key);
      if (before !== undefined && (now === undefined || now < before)) {
        const why = now === undefined ? "the item is gone" : `from ${before} to ${now}`;
        this.violations.push({ kind: "seqBack", key, why });
      }
      if (now !== undefined) this.#seq.set(key, now);
    }
  }
}

/** Reads a few items again and again, as an application does that waits for an image. */
export class ItemReader {
  /** The number of items that were read. */
  reads = 0;
  readonly seen = new SeenVersions();
  readonly #running: Promise<void>;
  #stopping = false;

  /** @param keys those to read next, a hundred at most */
  constructor(client: DynamoDBDocumentClient, table: string, keys: () => readonly string[]) {
    this.#running = this.#run(client, table, keys);
    this.#running.catch(() => {});
  }

  /** Rejects if reading has failed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(
    client: DynamoDBDocumentClient,
    table: string,
    keys: () => readonly string[],
  ): Promise<void> {
    while (!this.#stopping) {
      const now = [...new Set(keys())];
      if (now.length > 0) {
        const Keys = now.map((key) => ({ pk: `image/${key}` }));
        const { Responses } = await client.send(
          new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
        );
        const items = v.parse(v.array(itemSchema), Responses?.[table] ?? []);
        this.seen.see(now, items);
        this.reads += items.length;
      }
      await delay(LOOK_MS);
    }
  }
}
