import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import * as v from "valibot";
import { asFailure, type ClientOptions, clientConfig } from "../aws/index.ts";
import { type ImageItem, imagePk, imageSchema } from "./item.ts";

/** One page of a user's images, and where the next begins. */
export interface ImagePage {
  readonly images: readonly PageItem[];
  /** Opaque to clients; undefined on the last page. */
  readonly next: string | undefined;
}

/** The fields of an image in the index of a user's images. */
export type PageItem = Pick<
  ImageItem,
  "key" | "status" | "name" | "width" | "height" | "placeholder"
>;

const { key, status, name, width, height, placeholder } = imageSchema.entries;
const pageItemSchema = v.object({ key, status, name, width, height, placeholder });
const cursorSchema = v.pipe(
  v.string(),
  v.transform((text) => Buffer.from(text, "base64url").toString()),
  v.parseJson(),
  v.object({ pk: v.string(), id: v.string() }),
);

/** The index of a user's images, by their ids. */
export const USER_INDEX = "byUser";

/** How long a repeated request gets the answer to the first, s. */
const IDEMPOTENCY_SECONDS = 24 * 60 * 60;

/**
 * A table of images, with the counters of their users.
 *
 * @example
 * const table = openTable("images", { region: "eu-west-1" });
 * const item = await table.get("uploads/alice/01KB2…8Q.jpg", signal);
 */
export function openTable(name: string, options: ClientOptions): CatalogTable {
  const client = new DynamoDBClient({ ...clientConfig(options), maxAttempts: 3 });
  return new CatalogTable(
    DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } }),
    name,
  );
}

/** Every method throws Failure `StoreUnavailable` or `Throttled`, or the signal's reason. */
export class CatalogTable {
  readonly #client: DynamoDBDocumentClient;
  readonly name: string;

  constructor(client: DynamoDBDocumentClient, name: string) {
    this.#client = client;
    this.name = name;
  }

  /** The item of an image as it is now; undefined if there is none. */
  async get(key: string, signal: AbortSignal): Promise<ImageItem | undefined> {
    const { Item } = await this.#asking(`read ${imagePk(key)}`, signal, () =>
      this.#client.send(
        new GetCommand({ TableName: this.name, Key: { pk: imagePk(key) }, ConsistentRead: true }),
        { abortSignal: signal },
      ),
    );
    return Item && v.parse(imageSchema, Item);
  }

  /**
   * Writes an item in the place of the one that was read.
   *
   * @param over the item that was read; undefined if there was none
   * @returns false if there is another item by now
   */
  async put(item: ImageItem, over: ImageItem | undefined, signal: AbortSignal): Promise<boolean> {
    return this.#onCondition(`write ${item.pk}`, signal, () =>
      this.#client.send(
        new PutCommand({ TableName: this.name, Item: item, ...conditionOf(over) }),
        { abortSignal: signal },
      ),
    );
  }

  /** Removes an item that was read. @returns false if there is another item by now */
  async remove(item: ImageItem, signal: AbortSignal): Promise<boolean> {
    const { pk } = item;
    return this.#onCondition(`remove ${pk}`, signal, () =>
      this.#client.send(
        new DeleteCommand({ TableName: this.name, Key: { pk }, ...conditionOf(item) }),
        { abortSignal: signal },
      ),
    );
  }

  /**
   * A page of a user's images, the newest first, without those that were removed or whose upload never
   * came. The index is eventually consistent.
   *
   * @param page `cursor`: the `next` of the page before; `now`: ms since the epoch
   * @returns undefined for a cursor that is none
   */
  async images(
    user: string,
    page: { readonly cursor: string | undefined; readonly limit: number; readonly now: number },
    signal: AbortSignal,
  ): Promise<ImagePage | undefined> {
    const from = v.safeParse(v.optional(cursorSchema), page.cursor);
    if (!from.success) return undefined;
    // DynamoDB deletes expired items within days, and they can be read until then.
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ttl-expired-items.html
    const found = await this.#asking(`read the images of a user`, signal, () =>
      this.#client.send(
        new QueryCommand({
          TableName: this.name,
          IndexName: USER_INDEX,
          KeyConditionExpression: "#user = :user",
          FilterExpression:
            "#status <> :removed AND (attribute_not_exists(expiresAt) OR expiresAt > :now)",
          ExpressionAttributeNames: { "#user": "user", "#status": "status" },
          ExpressionAttributeValues: {
            ":user": user,
            ":removed": "removed",
            ":now": Math.floor(page.now / 1000),
          },
          ScanIndexForward: false,
          Limit: page.limit,
          // The user is the caller, whatever the cursor says.
          ...(from.output && { ExclusiveStartKey: { ...from.output, user } }),
        }),
        { abortSignal: signal },
      ),
    );
    const { pk, id } = found.LastEvaluatedKey ?? {};
    return {
      images: v.parse(v.array(pageItemSchema), found.Items ?? []),
      next: found.LastEvaluatedKey && Buffer.from(JSON.stringify({ pk, id })).toString("base64url"),
    };
  }

  /** All images. */
  async *all(signal: AbortSignal): AsyncGenerator<ImageItem> {
    let from: Record<string, unknown> | undefined;
    do {
      const page = await this.#asking("read the table", signal, () =>
        this.#client.send(
          new ScanCommand({
            TableName: this.name,
            FilterExpression: "begins_with(pk, :image)",
            ExpressionAttributeValues: { ":image": imagePk("") },
            ...(from && { ExclusiveStartKey: from }),
          }),
          { abortSignal: signal },
        ),
      );
      for (const item of page.Items ?? []) yield v.parse(imageSchema, item);
      from = page.LastEvaluatedKey;
    } while (from);
  }

  /**
   * Adds to a counter of a user, unless it would exceed its limit.
   *
   * @param counter `window` names the counter and its time, such as `2026-11-27T10`; `endsAt`: when it
   *   may be forgotten, seconds since the epoch
   * @returns false if the limit would be exceeded: nothing is added
   */
  async count(
    user: string,
    counter: {
      readonly window: string;
      readonly amount: number;
      readonly most: number;
      readonly endsAt: number;
    },
    signal: AbortSignal,
  ): Promise<boolean> {
    const { window, amount, most, endsAt } = counter;
    if (amount > most) return false;
    return this.#onCondition("count an upload", signal, () =>
      this.#client.send(
        new UpdateCommand({
          TableName: this.name,
          Key: { pk: `limit/${user}/${window}` },
          UpdateExpression: "ADD amount :amount SET expiresAt = :endsAt",
          ConditionExpression: "attribute_not_exists(pk) OR amount <= :left",
          ExpressionAttributeValues: {
            ":amount": amount,
            ":endsAt": endsAt,
            ":left": most - amount,
          },
        }),
        { abortSignal: signal },
      ),
    );
  }

  /**
   * The key that the first request with an idempotency token got: this one, if it is the first.
   *
   * @param now ms since the epoch
   */
  async keyFor(
    user: string,
    {
      token,
      key: own,
      now,
    }: { readonly token: string; readonly key: string; readonly now: number },
    signal: AbortSignal,
  ): Promise<string> {
    const pk = `idempotency/${user}/${token}`;
    const expiresAt = Math.floor(now / 1000) + IDEMPOTENCY_SECONDS;
    const isFirst = await this.#onCondition("note a request", signal, () =>
      this.#client.send(
        new PutCommand({
          TableName: this.name,
          Item: { pk, key: own, expiresAt },
          ConditionExpression: "attribute_not_exists(pk) OR expiresAt <= :now",
          ExpressionAttributeValues: { ":now": Math.floor(now / 1000) },
        }),
        { abortSignal: signal },
      ),
    );
    if (isFirst) return own;
    const { Item } = await this.#asking("read a request", signal, () =>
      this.#client.send(
        new GetCommand({ TableName: this.name, Key: { pk }, ConsistentRead: true }),
        { abortSignal: signal },
      ),
    );
    return v.parse(v.object({ key: v.string() }), Item).key;
  }

  async #onCondition(
    what: string,
    signal: AbortSignal,
    send: () => Promise<unknown>,
  ): Promise<boolean> {
    try {
      await send();
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === "ConditionalCheckFailedException") return false;
      throw asFailure(`${what} in the table ${this.name}`, error, signal);
    }
  }

  async #asking<T>(what: string, signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw asFailure(`${what} in the table ${this.name}`, error, signal);
    }
  }
}

/** The item is still the one that was read: each state of an image has another `seq` or status. */
function conditionOf(over: ImageItem | undefined) {
  if (over === undefined) return { ConditionExpression: "attribute_not_exists(pk)" };
  const seq = over.seq === undefined ? "attribute_not_exists(seq)" : "seq = :seq";
  return {
    ConditionExpression: `#status = :status AND ${seq}`,
    ExpressionAttributeNames: { "#status": "status" },
    ExpressionAttributeValues: {
      ":status": over.status,
      ...(over.seq !== undefined && { ":seq": over.seq }),
    },
  };
}
