import { randomUUID } from "node:crypto";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import {
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  ScanCommand,
  TransactWriteCommand,
} from "@aws-sdk/lib-dynamodb";
import pLimit from "p-limit";
import { expect } from "vitest";
import { errorOf, promise } from "./promise.ts";
import { serverName } from "./server.ts";
import { openSetup } from "./setup.ts";
import { type Item, openTable, PROJECTED } from "./table.ts";

const setup = await openSetup();
const table = await openTable(setup);
const { documents, dynamo, name: TableName } = table;

const unique = (prefix: string) => `${prefix}/${randomUUID()}`;
const conditionFailed = { name: "ConditionalCheckFailedException", status: 400 };
const invalid = { name: "ValidationException", status: 400 };
/** moto handles requests in threads without a lock, so that its conditions are not atomic. */
const together = pLimit(serverName === "moto" ? 1 : 32);
const nowSeconds = () => Math.floor(Date.now() / 1000);

promise("a table is described with its keys, its index and its billing", async () => {
  const { Table } = await dynamo.send(new DescribeTableCommand({ TableName }));
  expect(Table).toMatchObject({
    TableStatus: "ACTIVE",
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
  });
  const [index] = Table?.GlobalSecondaryIndexes ?? [];
  expect(index).toMatchObject({ IndexName: "byUser", IndexStatus: "ACTIVE" });
  expect(new Set(index?.Projection?.NonKeyAttributes)).toEqual(new Set(PROJECTED));
});

promise("a table cannot be created twice, and a missing one is named by its error", async () => {
  const again = dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    }),
  );
  expect(await errorOf(again)).toEqual({ name: "ResourceInUseException", status: 400 });
  const missing = { name: "ResourceNotFoundException", status: 400 };
  const other = `${TableName}-none`;
  const described = dynamo.send(new DescribeTableCommand({ TableName: other }));
  expect(await errorOf(described)).toEqual(missing);
  const Key = { pk: "a" };
  expect(await errorOf(documents.send(new GetCommand({ TableName: other, Key })))).toEqual(missing);
  const put = documents.send(new PutCommand({ TableName: other, Item: Key }));
  expect(await errorOf(put)).toEqual(missing);
});

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
promise("the time to live of a table is described", async () => {
  const { TimeToLiveDescription } = await dynamo.send(new DescribeTimeToLiveCommand({ TableName }));
  expect(TimeToLiveDescription?.AttributeName).toBe("expiresAt");
  expect(["ENABLING", "ENABLED"]).toContain(TimeToLiveDescription?.TimeToLiveStatus);
});

promise("a time to live cannot be enabled twice", async () => {
  const TimeToLiveSpecification = { AttributeName: "expiresAt", Enabled: true };
  const again = dynamo.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  expect(await errorOf(again)).toEqual(invalid);
});

promise("an item of every type that the catalog uses is read as it was written", async () => {
  const pk = unique("image");
  const item = {
    pk,
    key: "uploads/a/ü 🦊.jpg",
    seq: 1_798_000_000_123,
    width: 4000,
    ratio: 1.5,
    first: true,
    nothing: null,
    empty: "",
    renditions: [{ preset: "hero", bytes: 10 }, { preset: "thumb" }],
    source: { etag: '"1"', deep: { list: [] } },
  };
  await table.put(item);
  expect(await table.get(pk)).toEqual(item);
  expect(await table.get(unique("none"))).toBeUndefined();
});

promise("a put with attribute_not_exists creates an item only once", async () => {
  const item = { pk: unique("idempotency"), key: "first" };
  const once = { ConditionExpression: "attribute_not_exists(pk)" };
  const results = await Promise.allSettled(
    Array.from({ length: 8 }, (_, n) =>
      together(() => table.put({ ...item, key: String(n) }, once)),
    ),
  );
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await errorOf(table.put(item, once))).toEqual(conditionFailed);
});

promise("an update that depends on seq is applied for a newer one only", async () => {
  const pk = unique("image");
  const to = (seq: number) =>
    table.update(pk, {
      UpdateExpression: "SET seq = :s, #status = :status",
      ConditionExpression: "attribute_not_exists(seq) OR seq < :s",
      ExpressionAttributeNames: { "#status": "status" },
      ExpressionAttributeValues: { ":s": seq, ":status": `at ${seq}` },
    });
  await to(5);
  expect(await errorOf(to(5))).toEqual(conditionFailed);
  expect(await errorOf(to(4))).toEqual(conditionFailed);
  await to(1_798_000_000_123);
  expect(await table.get(pk)).toEqual({
    pk,
    seq: 1_798_000_000_123,
    status: "at 1798000000123",
  });
});

promise("of concurrent updates that depend on seq the newest stays", async () => {
  const pk = unique("image");
  const order = [3, 9, 1, 7, 5, 2, 8, 4, 6];
  await Promise.allSettled(
    order.map((seq) =>
      together(() =>
        table.update(pk, {
          UpdateExpression: "SET seq = :s, rev = :r",
          ConditionExpression: "attribute_not_exists(seq) OR seq < :s OR (seq = :s AND rev = :r)",
          ExpressionAttributeValues: { ":s": seq, ":r": `r${seq}` },
        }),
      ),
    ),
  );
  expect(await table.get(pk)).toEqual({ pk, seq: 9, rev: "r9" });
});

promise("counters that are added under a condition never exceed their limits", async () => {
  const pk = unique("limit/user");
  const count = () =>
    table.update(pk, {
      UpdateExpression: "SET expiresAt = if_not_exists(expiresAt, :e) ADD uploads :one, #bytes :b",
      ConditionExpression: "attribute_not_exists(uploads) OR (uploads < :most AND #bytes <= :left)",
      ExpressionAttributeNames: { "#bytes": "bytes" },
      ExpressionAttributeValues: { ":e": 9, ":one": 1, ":b": 100, ":most": 5, ":left": 900 },
      ReturnValues: "UPDATED_NEW",
    });
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => together(count)));
  const counted = results.flatMap((result) =>
    result.status === "fulfilled" ? [result.value.Attributes?.["uploads"]] : [],
  );
  expect(counted.toSorted()).toEqual([1, 2, 3, 4, 5]);
  expect(await errorOf(count())).toEqual(conditionFailed);
  expect(await table.get(pk)).toEqual({ pk, uploads: 5, bytes: 500, expiresAt: 9 });
});

promise(
  "one update sets and removes attributes, and returns the item before or after",
  async () => {
    const pk = unique("image");
    await table.put({ pk, expiresAt: 1, status: "awaiting" });
    const change = (status: string, ReturnValues: "ALL_NEW" | "ALL_OLD") =>
      table.update(pk, {
        UpdateExpression: "SET #status = :status REMOVE expiresAt",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: { ":status": status },
        ReturnValues,
      });
    expect((await change("ready", "ALL_NEW")).Attributes).toEqual({ pk, status: "ready" });
    expect((await change("removed", "ALL_OLD")).Attributes).toEqual({ pk, status: "ready" });
  },
);

promise("a delete depends on its condition, and of a missing item it succeeds", async () => {
  const Key = { pk: unique("image") };
  await table.put({ ...Key, status: "ready" });
  const remove = (status: string) =>
    documents.send(
      new DeleteCommand({
        TableName,
        Key,
        ConditionExpression: "#status = :status",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: { ":status": status },
      }),
    );
  expect(await errorOf(remove("awaiting"))).toEqual(conditionFailed);
  await remove("ready");
  expect(await table.get(Key.pk)).toBeUndefined();
  await documents.send(new DeleteCommand({ TableName, Key }));
});

promise(
  "the index of a user pages newest first, and a filter applies after the limit",
  async () => {
    const user = unique("user");
    const ids = Array.from({ length: 11 }, (_, n) => `01J${String(n).padStart(4, "0")}`);
    for (const [n, id] of ids.entries()) {
      await table.put({ pk: unique("image"), user, id, status: n % 3 === 0 ? "removed" : "ready" });
    }
    await table.put({ pk: unique("image"), user: `${user}x`, id: "01J", status: "ready" });
    const found: unknown[] = [];
    const sizes: (number | undefined)[] = [];
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await table.ofUser(user, {
        Limit: 4,
        ExclusiveStartKey,
        FilterExpression: "#status <> :removed",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: { ":removed": "removed" },
      });
      sizes.push(page.ScannedCount);
      found.push(...(page.Items ?? []).map((item) => item["id"]));
      ExclusiveStartKey = page.LastEvaluatedKey;
      if (ExclusiveStartKey !== undefined) {
        expect(Object.keys(ExclusiveStartKey).toSorted()).toEqual(["id", "pk", "user"]);
      }
    } while (ExclusiveStartKey !== undefined);
    expect(sizes).toEqual([4, 4, 3]);
    expect(found).toEqual(ids.filter((_, n) => n % 3 !== 0).toReversed());
  },
);

promise("a query continues after an item that has been removed meanwhile", async () => {
  const user = unique("user");
  const items = ["1", "2", "3"].map((id) => ({ pk: unique("image"), user, id }));
  for (const item of items) await table.put(item);
  const [first] = (await table.ofUser(user, { Limit: 1 })).Items ?? [];
  await documents.send(new DeleteCommand({ TableName, Key: { pk: first?.["pk"] } }));
  const rest = await table.ofUser(user, { ExclusiveStartKey: first });
  expect(rest.Items?.map((item) => item["id"])).toEqual(["2", "1"]);
});

promise("the index has the projected attributes of items with both of its keys", async () => {
  const user = unique("user");
  const pk = unique("image");
  await table.put({ pk, user, id: "1", status: "ready", renditions: ["not projected"] });
  await table.put({ pk: unique("limit"), user });
  expect((await table.ofUser(user)).Items).toEqual([{ pk, user, id: "1", status: "ready" }]);
  await table.update(pk, {
    UpdateExpression: "SET #status = :s",
    ExpressionAttributeNames: { "#status": "status" },
    ExpressionAttributeValues: { ":s": "failed" },
  });
  expect((await table.ofUser(user)).Items).toEqual([{ pk, user, id: "1", status: "failed" }]);
});

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
promise("a page of 20 images of the index consumes at most 2 read capacity units", async () => {
  const user = unique("user");
  for (let n = 0; n < 21; n++) {
    await table.put({
      pk: unique("image"),
      user,
      id: `01J${String(n).padStart(23, "0")}`,
      key: unique(`uploads/${user}`),
      status: "ready",
      name: "holiday.jpg",
      width: 4000,
      height: 3000,
      placeholder: "x".repeat(400),
      updatedAt: nowSeconds(),
      renditions: "x".repeat(10_000),
    });
  }
  const page = await table.ofUser(user, { Limit: 20, ReturnConsumedCapacity: "TOTAL" });
  expect(page.Items).toHaveLength(20);
  expect(page.ConsumedCapacity?.CapacityUnits).toBeGreaterThan(0);
  expect(page.ConsumedCapacity?.CapacityUnits).toBeLessThanOrEqual(2);
});

promise(
  "a read of 9 KB consumes 3 units, or half of that if it is eventually consistent",
  async () => {
    const pk = unique("image");
    await table.put({ pk, renditions: "x".repeat(9000) });
    const units = async (ConsistentRead: boolean) => {
      const read = {
        TableName,
        Key: { pk },
        ConsistentRead,
        ReturnConsumedCapacity: "TOTAL",
      } as const;
      return (await documents.send(new GetCommand(read))).ConsumedCapacity?.CapacityUnits;
    };
    expect([await units(true), await units(false)]).toEqual([3, 1.5]);
  },
);

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
promise("the size of an item counts the names of its attributes, to the byte", async () => {
  const pk = unique("image");
  const bytes = 400 * 1024 - "pk".length - pk.length - "list".length;
  await table.put({ pk, list: "x".repeat(bytes) });
  expect(await errorOf(table.put({ pk, list: "x".repeat(bytes + 1) }))).toEqual(invalid);
});

promise(
  "an item of 390 KB is written, and neither put nor update makes one of 401 KB",
  async () => {
    const pk = unique("image");
    await table.put({ pk, list: "x".repeat(390 * 1024) });
    expect(await errorOf(table.put({ pk, list: "x".repeat(401 * 1024) }))).toEqual(invalid);
    const grown = table.update(pk, {
      UpdateExpression: "SET more = :more",
      ExpressionAttributeValues: { ":more": "x".repeat(11 * 1024) },
    });
    expect(await errorOf(grown)).toEqual(invalid);
  },
);

promise("a partition key has 1 to 2,048 bytes", async () => {
  const pk = `${unique("image")}/`.padEnd(2048, "x");
  await table.put({ pk, seq: 1 });
  expect(await table.get(pk)).toEqual({ pk, seq: 1 });
  expect(await errorOf(table.put({ pk: `${pk}x` }))).toEqual(invalid);
  expect(await errorOf(table.put({ pk: "" }))).toEqual(invalid);
});

promise("the bytes of a key are counted, not its characters", async () => {
  const pk = `${unique("image")}/`.padEnd(2047, "x");
  expect(await errorOf(table.put({ pk: `${pk}ü` }))).toEqual(invalid);
});

promise("a read of a key that is too long is rejected", async () => {
  expect(await errorOf(table.get("x".repeat(2049)))).toEqual(invalid);
});

promise("a sort key of an index with over 1,024 bytes is rejected", async () => {
  const item = { pk: unique("image"), user: "a", id: "1".repeat(1025) };
  expect(await errorOf(table.put(item))).toEqual(invalid);
});

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
promise("an expression with a reserved word is rejected", async () => {
  const reserved = table.update(unique("image"), {
    UpdateExpression: "SET status = :s",
    ExpressionAttributeValues: { ":s": "ready" },
  });
  expect(await errorOf(reserved)).toEqual(invalid);
});

promise("an expression with a value that it does not use is rejected", async () => {
  const unused = table.update(unique("image"), {
    UpdateExpression: "SET seq = :s",
    ExpressionAttributeValues: { ":s": 1, ":other": 2 },
  });
  expect(await errorOf(unused)).toEqual(invalid);
});

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ttl-expired-items.html
promise("an expired item is read until it is removed, unless a filter excludes it", async () => {
  const user = unique("user");
  const expired = { pk: unique("image"), user, id: "1", expiresAt: nowSeconds() - 60 };
  const kept = { pk: unique("image"), user, id: "2" };
  await table.put(expired);
  await table.put(kept);
  expect(await table.get(expired.pk)).toEqual(expired);
  const { Items } = await table.ofUser(user, {
    FilterExpression: "attribute_not_exists(expiresAt) OR expiresAt > :now",
    ExpressionAttributeValues: { ":now": nowSeconds() },
  });
  expect(Items).toEqual([kept]);
});

const manyItems = (length: number) =>
  Array.from({ length }, () => ({ pk: unique("batch"), seq: 1 }));
const write = (items: Item[]) =>
  documents.send(
    new BatchWriteCommand({
      RequestItems: { [TableName]: items.map((Item) => ({ PutRequest: { Item } })) },
    }),
  );

promise("25 items are written at once", async () => {
  const items = manyItems(25);
  expect((await write(items)).UnprocessedItems).toEqual({});
  expect(await table.get(items[24]?.pk ?? "")).toEqual(items[24]);
});

promise("a batch of 26 items is rejected", async () => {
  expect(await errorOf(write(manyItems(26)))).toEqual(invalid);
});

promise("a scan pages over every item once, in segments too", async () => {
  const prefix = unique("scan");
  const keys = Array.from({ length: 30 }, (_, n) => `${prefix}/${String(n).padStart(2, "0")}`);
  for (const pk of keys) await table.put({ pk });
  const found: unknown[] = [];
  for (const Segment of [0, 1, 2]) {
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await documents.send(
        new ScanCommand({
          TableName,
          Segment,
          TotalSegments: 3,
          Limit: 20,
          ExclusiveStartKey,
          ProjectionExpression: "pk",
          FilterExpression: "begins_with(pk, :prefix)",
          ExpressionAttributeValues: { ":prefix": prefix },
        }),
      );
      found.push(...(page.Items ?? []).map((item) => item["pk"]));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
  }
  expect(found.toSorted()).toEqual(keys);
});

// The fleet needs none of these three: they are here to be known.
promise("a failed condition returns the item on request", async () => {
  const item = { pk: unique("image"), seq: 5 };
  await table.put(item);
  const update = table.update(item.pk, {
    UpdateExpression: "SET seq = :s",
    ConditionExpression: "seq < :s",
    ExpressionAttributeValues: { ":s": 4 },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  await expect(update).rejects.toMatchObject({
    Item: { pk: { S: item.pk }, seq: { N: "5" } },
  });
});

promise("two items are written in one transaction", async () => {
  const items = [{ pk: unique("image") }, { pk: unique("image") }];
  const TransactItems = items.map((Item) => ({ Put: { TableName, Item } }));
  await documents.send(new TransactWriteCommand({ TransactItems }));
  expect(await table.get(items[1]?.pk ?? "")).toEqual(items[1]);
});

promise("point-in-time recovery is enabled", async () => {
  const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
  const { ContinuousBackupsDescription } = await dynamo.send(
    new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }),
  );
  expect(ContinuousBackupsDescription?.ContinuousBackupsStatus).toBe("ENABLED");
});
