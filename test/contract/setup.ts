import { randomUUID } from "node:crypto";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  type QueueAttributeName,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll } from "vitest";
import { openServer, type Server, serverName } from "./server.ts";

export type Queue = { url: string; arn: string };

/** Clients of the server under test, and functions that create resources. */
export type Setup = {
  s3: S3Client;
  sqs: SQSClient;
  endpoint: string | undefined;
  /** For clients of other services. */
  client: ClientOptions;
  /** Whether resources must be removed. */
  lasting: boolean;
  /** Creates a bucket with a unique name and returns the name. */
  bucket(): Promise<string>;
  queue(attributes?: Partial<Record<QueueAttributeName, string>>): Promise<Queue>;
  put(bucket: string, ...keys: string[]): Promise<void>;
  send(queue: Queue, body: string): Promise<void>;
  receive(queue: Queue, input?: Partial<ReceiveMessageCommandInput>): Promise<Message[]>;
};

type ClientOptions = { region: string } & Pick<Server, "endpoint" | "credentials">;

/** For a test file's top level: what it has made is removed after the file's tests. */
export async function openSetup(): Promise<Setup> {
  const server = await openServer();
  const common: ClientOptions = {
    region: process.env["AWS_REGION"] ?? "us-east-1",
    ...(server.endpoint !== undefined && { endpoint: server.endpoint }),
    ...(serverName !== "aws" && {
      credentials: server.credentials ?? { accessKeyId: "local", secretAccessKey: "local" },
    }),
  };
  const s3 = new S3Client({ ...common, forcePathStyle: server.endpoint !== undefined });
  const sqs = new SQSClient(common);
  const buckets: string[] = [];
  const queues: string[] = [];
  afterAll(async () => {
    try {
      if (server.lasting) {
        for (const Bucket of buckets) await removeBucket(s3, Bucket);
        for (const QueueUrl of queues) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      }
    } finally {
      s3.destroy();
      sqs.destroy();
      await server.close();
    }
  });

  return {
    s3,
    sqs,
    endpoint: server.endpoint,
    client: common,
    lasting: server.lasting,
    async bucket() {
      const Bucket = `imagefleet-contract-${randomUUID().slice(0, 13)}`;
      await s3.send(new CreateBucketCommand({ Bucket }));
      buckets.push(Bucket);
      return Bucket;
    },
    async queue(Attributes = {}) {
      const QueueName = `imagefleet-contract-${randomUUID().slice(0, 13)}`;
      const { QueueUrl: url = "" } = await sqs.send(
        new CreateQueueCommand({ QueueName, Attributes }),
      );
      queues.push(url);
      const described = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] }),
      );
      return { url, arn: described.Attributes?.QueueArn ?? "" };
    },
    async put(Bucket, ...keys) {
      for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
    },
    async send(queue, MessageBody) {
      await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody }));
    },
    async receive(queue, input = {}) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queue.url,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ["All"],
          ...input,
        }),
      );
      return Messages;
    },
  };
}

async function removeBucket(s3: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    if (Contents.length === 0) break;
    const Objects = Contents.map(({ Key }) => ({ Key }));
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  }
  await s3.send(new DeleteBucketCommand({ Bucket }));
}
