import { randomUUID } from "node:crypto";
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  type PutCommandInput,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
  UpdateCommand,
  type UpdateCommandInput,
  type UpdateCommandOutput,
} from "@aws-sdk/lib-dynamodb";
import { afterAll } from "vitest";
import type { Setup } from "./setup.ts";

export type Item = Record<string, unknown>;

/** A table as the catalog's, for all tests of a file: each uses its own keys and user. */
export type Table = {
  dynamo: DynamoDBClient;
  documents: DynamoDBDocumentClient;
  name: string;
  put(item: Item, input?: Partial<PutCommandInput>): Promise<void>;
  get(pk: string): Promise<Item | undefined>;
  update(
    pk: string,
    input: Omit<UpdateCommandInput, "TableName" | "Key">,
  ): Promise<UpdateCommandOutput>;
  /** Newest first. */
  ofUser(user: string, input?: Partial<QueryCommandInput>): Promise<QueryCommandOutput>;
};

export const PROJECTED = ["key", "status", "name", "width", "height", "placeholder", "expiresAt"];

export async function openTable(setup: Setup): Promise<Table> {
  const dynamo = new DynamoDBClient(setup.client);
  const documents = DynamoDBDocumentClient.from(dynamo);
  const TableName = `imagefleet-contract-${randomUUID().slice(0, 13)}`;
  afterAll(async () => {
    if (setup.lasting) await dynamo.send(new DeleteTableCommand({ TableName }));
    dynamo.destroy();
  });
  await dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["pk", "user", "id"].map((AttributeName) => ({
        AttributeName,
        AttributeType: "S" as const,
      })),
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      GlobalSecondaryIndexes: [
        {
          IndexName: "byUser",
          KeySchema: [
            { AttributeName: "user", KeyType: "HASH" },
            { AttributeName: "id", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: PROJECTED },
        },
      ],
    }),
  );
  await waitUntilTableExists({ client: dynamo, maxWaitTime: 60, minDelay: 1 }, { TableName });
  const TimeToLiveSpecification = { AttributeName: "expiresAt", Enabled: true };
  await dynamo.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  return {
    dynamo,
    documents,
    name: TableName,
    async put(Item, input = {}) {
      await documents.send(new PutCommand({ TableName, Item, ...input }));
    },
    async get(pk) {
      const Key = { pk };
      return (await documents.send(new GetCommand({ TableName, Key, ConsistentRead: true }))).Item;
    },
    update(pk, input) {
      return documents.send(new UpdateCommand({ TableName, Key: { pk }, ...input }));
    },
    ofUser(user, input = {}) {
      return documents.send(
        new QueryCommand({
          TableName,
          IndexName: "byUser",
          KeyConditionExpression: "#user = :user",
          ScanIndexForward: false,
          ...input,
          ExpressionAttributeNames: { "#user": "user", ...input.ExpressionAttributeNames },
          ExpressionAttributeValues: { ":user": user, ...input.ExpressionAttributeValues },
        }),
      );
    },
  };
}
