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
import { type ImageItem, imageSchema } from "./item.ts";

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

/** The partition keys of images are this and the source's key. */
const IMAGE_PREFIX = "image/";

const { key: _key, ...fields } = imageSchema.entries;
const { status, name, width, height, placeholder } = fields;
const pk = v.pipe(v.string(), v.startsWith(IMAGE_PREFIX));
const itemSchema = v.pipe(v.object({ pk, ...fields }), v.transform(withKey));
const pageItemSchema = v.pipe(
  v.object({ pk, status, name, width, height, placeholder }),
  v.transform(withKey),
);
const cursorSchema = v.pipe(
  v.string(),
  v.transform((text) => Buffer.from(text, "base64url").toString()),
  v.parseJson(),
  // DynamoDB refuses an empty key, and one of more than 2,048 bytes.
  v.object({ pk: v.pipe(pk, v.maxBytes(2048)), id: v.pipe(v.string(), v.ulid()) }),
);

/** The index of a user's images, by their ids. */
export const USER_INDEX = "byUser";

/** A counter is of no use when its day is over. */
const COUNTED_SECONDS = 2 * 24 * 60 * 60;

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

/**
 * Every method throws Failure `StoreUnavailable` or `Throttled`, or the signal's reason; those that read
 * items also Error for one that the fleet has not written.
 */
export class CatalogTable {
  readonly #client: DynamoDBDocumentClient;
  readonly name: string;

  constructor(client: DynamoDBDocumentClient, name: string) {
    this.#client = client;
    this.name = name;
  }

  /** The item of an image as it is now; undefined if it does not exist. */
  async get(key: string, signal: AbortSignal): Promise<ImageItem | undefined> {
    const { Item } = await this.#asking(`read ${imagePk(key)}`, signal, () =>
      this.#client.send(
        new GetCommand({ TableName: this.name, Key: { pk: imagePk(key) }, ConsistentRead: true }),
        { abortSignal: signal },
      ),
    );
    return Item && this.#read(Item);
  }

  /**
   * Writes an item in the place of the one that was read.
   *
   * @param over the item that was read; undefined if there was none
   * @returns false if there is another item by now
   */
  async put(item: ImageItem, over: ImageItem | undefined, signal: AbortSignal): Promise<boolean> {
    const { key, ...others } = item;
    const pk = imagePk(key);
    return this.#onCondition(`write ${pk}`, signal, () =>
      this.#client.send(
        new PutCommand({ TableName: this.name, Item: { pk, ...others }, ...conditionOf(over) }),
        { abortSignal: signal },
      ),
    );
  }

  /** Removes an item that was read. @returns false if there is another item by now */
  async remove(item: ImageItem, signal: AbortSignal): Promise<boolean> {
    const pk = imagePk(item.key);
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
   * @returns undefined for an invalid cursor
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
            ExpressionAttributeValues: { ":image": IMAGE_PREFIX },
            ...(from && { ExclusiveStartKey: from }),
          }),
          { abortSignal: signal },
        ),
      );
      for (const item of page.Items ?? []) yield this.#read(item);
      from = page.LastEvaluatedKey;
    } while (from);
  }

  /**
   * Counts an upload of a user, unless it would exceed a limit: uploads by the hour, bytes by the day,
   * in UTC. A day has one item, so that an upload costs one write.
   *
   * @param now ms since the epoch
   * @returns the limit that would be exceeded, when nothing is counted; undefined if it was counted
   */
  async count(
    user: string,
    bytes: number,
    limits: { readonly perHour: number; readonly bytesPerDay: number },
    now: number,
    signal: AbortSignal,
  ): Promise<"hour" | "day" | undefined> {
    if (bytes > limits.bytesPerDay) return "day";
    const [day = "", time = ""] = new Date(now).toISOString().split("T");
    const hour = `hour${time.slice(0, 2)}`;
    const names = { "#hour": hour, "#bytes": "bytes" };
    const Key = { pk: `limit/${user}/${day}` };
    const left = limits.bytesPerDay - bytes;
    const isCounted = await this.#onCondition("count an upload", signal, () =>
      this.#client.send(
        new UpdateCommand({
          TableName: this.name,
          Key,
          UpdateExpression: "ADD #hour :one, #bytes :bytes SET expiresAt = :endsAt",
          ConditionExpression:
            "(attribute_not_exists(#hour) OR #hour < :perHour) AND (attribute_not_exists(#bytes) OR #bytes <= :left)",
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: {
            ":one": 1,
            ":bytes": bytes,
            ":perHour": limits.perHour,
            ":left": left,
            ":endsAt": Math.floor(Date.parse(day) / 1000) + COUNTED_SECONDS,
          },
        }),
        { abortSignal: signal },
      ),
    );
    if (isCounted) return undefined;
    const { Item } = await this.#asking("read a counter", signal, () =>
      this.#client.send(new GetCommand({ TableName: this.name, Key, ConsistentRead: true }), {
        abortSignal: signal,
      }),
    );
    return v.parse(v.object({ bytes: v.number() }), Item).bytes > left ? "day" : "hour";
  }

  /**
   * The key that the first request with an idempotency token got: this one, if it is the first.
   *
   * @param first `request`: what tells requests apart; `now`: ms since the epoch
   * @returns undefined if the first one was another request
   */
  async keyFor(
    user: string,
    first: {
      readonly token: string;
      readonly request: string;
      readonly key: string;
      readonly now: number;
    },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { token, request, key, now } = first;
    const pk = `idempotency/${user}/${token}`;
    const expiresAt = Math.floor(now / 1000) + IDEMPOTENCY_SECONDS;
    const isFirst = await this.#onCondition("note a request", signal, () =>
      this.#client.send(
        new PutCommand({
          TableName: this.name,
          Item: { pk, key, request, expiresAt },
          ConditionExpression: "attribute_not_exists(pk) OR expiresAt <= :now",
          ExpressionAttributeValues: { ":now": Math.floor(now / 1000) },
        }),
        { abortSignal: signal },
      ),
    );
    if (isFirst) return key;
    const { Item } = await this.#asking("read a request", signal, () =>
      this.#client.send(
        new GetCommand({ TableName: this.name, Key: { pk }, ConsistentRead: true }),
        { abortSignal: signal },
      ),
    );
    const known = v.parse(v.object({ key: v.string(), request: v.string() }), Item);
    return known.request === request ? known.key : undefined;
  }

  #read(found: Record<string, unknown>): ImageItem {
    const parsed = v.safeParse(itemSchema, found);
    if (parsed.success) return parsed.output;
    const [issue] = parsed.issues;
    const wrong = `${v.getDotPath(issue)}: ${issue.message}`;
    // Only a write that is not the fleet's own makes such an item.
    throw new Error(
      `the item ${found["pk"]} in the table ${this.name} cannot be read (${wrong}): delete it, and run \`imagefleet catalog rebuild\``,
    );
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

function imagePk(key: string): string {
  return IMAGE_PREFIX + key;
}

function withKey<T extends { readonly pk: string }>({ pk, ...others }: T) {
  return { key: pk.slice(IMAGE_PREFIX.length), ...others };
}

/** The item is still the one that was read: each state has another `seq`, status or notification. */
function conditionOf(over: ImageItem | undefined) {
  if (over === undefined) return { ConditionExpression: "attribute_not_exists(pk)" };
  const { status, seq, notified } = over;
  const same = (name: string, value: unknown) =>
    value === undefined ? `attribute_not_exists(${name})` : `${name} = :${name}`;
  return {
    ConditionExpression: `#status = :status AND ${same("seq", seq)} AND ${same("notified", notified)}`,
    ExpressionAttributeNames: { "#status": "status" },
    ExpressionAttributeValues: {
      ":status": status,
      ...(seq !== undefined && { ":seq": seq }),
      ...(notified !== undefined && { ":notified": notified }),
    },
  };
}
