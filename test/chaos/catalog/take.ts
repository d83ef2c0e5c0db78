import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { type DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import * as v from "valibot";
import type { Item } from "./item.ts";
import { type Notification, notificationSchema } from "./notification.ts";

/** All items of images. */
export async function itemsOf(client: DynamoDBDocumentClient, TableName: string): Promise<Item[]> {
  const items: Item[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName })) items.push(...Items);
  return items.filter(({ pk }) => String(pk).startsWith("image/"));
}

/** The notifications of a subscriber's queue, in the order in which they came. */
export class Subscriber {
  readonly published: Notification[] = [];
  readonly #sqs: SQSClient;
  readonly #url: string;

  constructor(sqs: SQSClient, url: string) {
    this.#sqs = sqs;
    this.#url = url;
  }

  /** Takes what is in the queue. */
  async read(): Promise<readonly Notification[]> {
    const QueueUrl = this.#url;
    for (;;) {
      const { Messages: messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      if (messages.length === 0) return this.published;
      this.published.push(...messages.map(({ Body }) => v.parse(notificationSchema, Body)));
      const Entries = messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
      await this.#sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  }
}
