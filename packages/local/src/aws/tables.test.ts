import { expect, onTestFinished, test } from "vitest";
import { DynamoError } from "./dynalite.ts";
import { folder } from "./fixtures/folder.ts";
import { Tables } from "./tables.ts";

const NOW = new Date("2026-11-27T12:00:00Z");
const seconds = NOW.getTime() / 1000;

async function openTables() {
  const tables = await Tables.open(await folder());
  onTestFinished(() => tables.close());
  const ask = (action: string, body: object) => tables.answer(action, JSON.stringify(body));
  const TableName = "images";
  await ask("CreateTable", {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  });
  await expect
    .poll(() => ask("DescribeTable", { TableName }))
    .toMatchObject({ Table: { TableStatus: "ACTIVE" } });
  const setTimeToLive = (Enabled: boolean) =>
    ask("UpdateTimeToLive", {
      TableName,
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled },
    });
  const put = (pk: string, expiresAt?: object) =>
    ask("PutItem", {
      TableName,
      Item: { pk: { S: pk }, ...(expiresAt !== undefined && { expiresAt }) },
    });
  const keys = async () => {
    const { Items }: { Items: { pk: { S: string } }[] } = Object(await ask("Scan", { TableName }));
    return Items.map(({ pk }) => pk.S).toSorted();
  };
  return { tables, ask, TableName, setTimeToLive, put, keys };
}

test("a sweep removes the expired items of tables with a time to live, and no others", async () => {
  const { tables, setTimeToLive, put, keys } = await openTables();
  await put("expired", { N: String(seconds - 1) });
  await put("now", { N: String(seconds) });
  await put("later", { N: String(seconds + 1) });
  await put("never");
  await put("text", { S: "1" });
  const all = await keys();
  await tables.sweep(NOW);
  expect(await keys()).toEqual(all);
  await setTimeToLive(true);
  await tables.sweep(NOW);
  expect(await keys()).toEqual(["later", "never", "now", "text"]);
  await setTimeToLive(false);
  await tables.sweep(new Date("2027-01-01"));
  expect(await keys()).toEqual(["later", "never", "now", "text"]);
});

test("a sweep passes over every page of a large table", async () => {
  const { tables, ask, TableName, setTimeToLive, keys } = await openTables();
  await setTimeToLive(true);
  const large = { S: "x".repeat(300_000) };
  const expiresAt = { N: "1" };
  for (let n = 0; n < 8; n++) {
    await ask("PutItem", { TableName, Item: { pk: { S: `${n}` }, expiresAt, large } });
  }
  await tables.sweep(NOW);
  expect(await keys()).toEqual([]);
});

test("a table that is made again has no time to live", async () => {
  const { ask, TableName, setTimeToLive } = await openTables();
  await setTimeToLive(true);
  await ask("DeleteTable", { TableName });
  await expect.poll(() => ask("ListTables", {})).toEqual({ TableNames: [] });
  await expect(ask("DescribeTimeToLive", { TableName })).rejects.toThrow(DynamoError);
  await ask("CreateTable", {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  });
  expect(await ask("DescribeTimeToLive", { TableName })).toEqual({
    TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" },
  });
});
