import * as v from "valibot";
import { DynamoError, openStore, run, type Store } from "./dynalite.ts";

/** The actions of dynalite. */
const ACTIONS = [
  "BatchGetItem",
  "BatchWriteItem",
  "CreateTable",
  "DeleteItem",
  "DeleteTable",
  "DescribeTable",
  "GetItem",
  "ListTables",
  "ListTagsOfResource",
  "PutItem",
  "Query",
  "Scan",
  "TagResource",
  "UntagResource",
  "UpdateItem",
  "UpdateTable",
] as const;

const Json = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown()));
const OfTable = v.object({ TableName: v.string() });
const Update = v.object({
  TableName: v.string(),
  TimeToLiveSpecification: v.object({
    AttributeName: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
    Enabled: v.boolean(),
  }),
});
const Described = v.object({
  Table: v.object({ KeySchema: v.array(v.object({ AttributeName: v.string() })) }),
});
const Item = v.record(v.string(), v.record(v.string(), v.unknown()));
const Page = v.object({ Items: v.array(Item), LastEvaluatedKey: v.optional(Item) });

/** The key of the tables' time to live: dynalite's keys begin with a kind and "~". */
const TIME_TO_LIVE = "time-to-live";
const TimesToLive = v.optional(v.record(v.string(), v.string()), {});

/** AWS removes expired items "within a few days", so readers must not rely on it. */
const SWEEP_MS = 10 * 60_000;

/**
 * DynamoDB of dynalite, which keeps its tables in a folder, with the time to live that it lacks.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ttl-expired-items.html
 */
export class Tables {
  readonly #store: Store;
  /** The attribute with the time, by table. */
  readonly #timesToLive: Map<string, string>;
  readonly #timer: NodeJS.Timeout;
  #sweeping: Promise<void> = Promise.resolve();

  private constructor(store: Store, timesToLive: Map<string, string>) {
    this.#store = store;
    this.#timesToLive = timesToLive;
    this.#timer = setInterval(() => {
      // The next sweep finds what this one leaves.
      this.#sweeping = this.sweep(new Date()).catch(() => {});
    }, SWEEP_MS).unref();
  }

  /** @throws LevelDB's error when the folder cannot be used */
  static async open(folder: string): Promise<Tables> {
    const store = await openStore(folder);
    const kept = v.parse(TimesToLive, await store.db.get(TIME_TO_LIVE));
    return new Tables(store, new Map(Object.entries(kept)));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
    await this.#store.db.close();
  }

  /**
   * Answers a request.
   *
   * @param action as in X-Amz-Target: `GetItem`
   * @param text the JSON body
   * @throws DynamoError
   */
  async answer(action: string, text: string): Promise<unknown> {
    const body = v.safeParse(Json, text);
    if (!body.success) throw refused("SerializationException", "The body is not a JSON object");
    switch (action) {
      case "DescribeTimeToLive":
        return this.#describeTimeToLive(body.output);
      case "UpdateTimeToLive":
        return this.#updateTimeToLive(body.output);
      case "DeleteTable": {
        const deleted = await this.#run(action, body.output);
        await this.#keepTimeToLive(v.parse(OfTable, body.output).TableName, undefined);
        return deleted;
      }
    }
    const known = ACTIONS.find((name) => name === action);
    if (known === undefined) {
      const served = [...ACTIONS, "DescribeTimeToLive", "UpdateTimeToLive"].join(", ");
      throw refused("UnknownOperationException", `This server has ${served}`);
    }
    return this.#run(known, body.output);
  }

  /** Removes the items that have expired before a time. */
  async sweep(before: Date): Promise<void> {
    for (const [table, attribute] of this.#timesToLive) await this.#sweep(table, attribute, before);
  }

  async #sweep(TableName: string, attribute: string, before: Date): Promise<void> {
    const described = await this.#run("DescribeTable", { TableName });
    const keys = v.parse(Described, described).Table.KeySchema.map((key) => key.AttributeName);
    const ExpressionAttributeNames = { "#time": attribute };
    let ExclusiveStartKey: v.InferOutput<typeof Item> | undefined;
    do {
      const page = await this.#run("Scan", {
        TableName,
        // Compares numbers only, as AWS ignores a time of another type.
        FilterExpression: "#time < :now",
        ExpressionAttributeNames,
        ExpressionAttributeValues: { ":now": { N: String(Math.floor(before.getTime() / 1000)) } },
        ExclusiveStartKey,
      });
      const { Items, LastEvaluatedKey } = v.parse(Page, page);
      for (const item of Items) {
        await this.#removeUnchanged({
          TableName,
          Key: Object.fromEntries(keys.map((key) => [key, item[key]])),
          ConditionExpression: "#time = :time",
          ExpressionAttributeNames,
          ExpressionAttributeValues: { ":time": item[attribute] },
        });
      }
      ExclusiveStartKey = LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
  }

  async #removeUnchanged(deletion: object): Promise<void> {
    try {
      await this.#run("DeleteItem", deletion);
    } catch (error) {
      // A condition that fails: a writer has given the item another time.
      if (!(error instanceof DynamoError)) throw error;
    }
  }

  async #describeTimeToLive(body: object): Promise<object> {
    const { TableName } = check(OfTable, body);
    await this.#run("DescribeTable", { TableName });
    const AttributeName = this.#timesToLive.get(TableName);
    const TimeToLiveDescription =
      AttributeName === undefined
        ? { TimeToLiveStatus: "DISABLED" }
        : { TimeToLiveStatus: "ENABLED", AttributeName };
    return { TimeToLiveDescription };
  }

  async #updateTimeToLive(body: object): Promise<object> {
    const { TableName, TimeToLiveSpecification: asked } = check(Update, body);
    await this.#run("DescribeTable", { TableName });
    const current = this.#timesToLive.get(TableName);
    if ((current !== undefined) === asked.Enabled) {
      const state = asked.Enabled ? "enabled" : "disabled";
      throw refused("ValidationException", `TimeToLive is already ${state}`);
    }
    await this.#keepTimeToLive(TableName, asked.Enabled ? asked.AttributeName : undefined);
    return { TimeToLiveSpecification: asked };
  }

  async #keepTimeToLive(table: string, attribute: string | undefined): Promise<void> {
    if (attribute === undefined) this.#timesToLive.delete(table);
    else this.#timesToLive.set(table, attribute);
    await this.#store.db.put(TIME_TO_LIVE, Object.fromEntries(this.#timesToLive));
  }

  #run(action: (typeof ACTIONS)[number], data: object): Promise<unknown> {
    return run(this.#store, `${action.charAt(0).toLowerCase()}${action.slice(1)}`, data);
  }
}

function check<T extends v.GenericSchema>(schema: T, body: object): v.InferOutput<T> {
  const parsed = v.safeParse(schema, body);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw refused("ValidationException", `${v.getDotPath(issue) ?? "body"}: ${issue.message}`);
}

function refused(name: string, message: string): DynamoError {
  return new DynamoError(400, { __type: `com.amazon.coral.service#${name}`, message });
}
