import { expect, it } from "vitest";
import { never } from "../reconcile/sandbox.fixture.ts";
import { openTable } from "./table.ts";

it.each([
  ["of another item", { pk: "limit/alice", id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" }],
  ["without a key", { pk: "", id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" }],
  ["with too long a key", { pk: `image/${"a".repeat(2048)}`, id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" }],
  ["without an id", { pk: "image/a.jpg", id: "" }],
  ["with an id that the API does not make", { pk: "image/a.jpg", id: "x".repeat(3000) }],
])("a cursor %s is invalid, which needs no request", async (_what, key) => {
  const table = openTable("none", { region: "eu-west-1", endpoint: "http://127.0.0.1:1" });
  const cursor = Buffer.from(JSON.stringify(key)).toString("base64url");
  const page = { cursor, limit: 10, now: 0 };
  expect(await table.images("alice", page, never)).toBeUndefined();
});
