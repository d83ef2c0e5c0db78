import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  type Event,
  PutBucketNotificationConfigurationCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createS3, createSqs } from "@imagefleet/core/aws";
import type { Lane } from "@imagefleet/core/outcome";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { type Fleet, startFleet } from "@imagefleet/local/fleet";
import { type Catalog, REGION } from "@imagefleet/local/resources";
import { type CallRecorder, localRecorder } from "../permissions/index.ts";
import recipe from "./recipe.ts";
import type { LaneQueues } from "./snapshot/index.ts";

/** Short, so that the messages of a killed process are received again soon. */
const FUNCTION_TIMEOUT_MS = 6_000;
const LEASE_SECONDS = 6;

/** The number of function processes: more than CPUs, because each mostly waits for retried calls. */
const FUNCTIONS = 8;

/** Small, so that a picture of a few kilobytes exceeds it. */
const FUNCTION_BYTES = 512 * 1024 * 1024;

/** The local fleet with a fault proxy, and with S3's events in queues of the harness. */
export interface Harness {
  readonly fleet: Fleet;
  readonly proxy: FaultProxy;
  /** The permissions that the programs need, recorded by the proxy. */
  readonly recorder: CallRecorder;
  /** Clients without faults. */
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly dynamo: DynamoDBDocumentClient;
  /** The queues that receive the events of sources, and of manifests. */
  readonly intake: string;
  readonly manifests: string;
  readonly catalog: Catalog;
  readonly lanes: Readonly<Record<Lane, LaneQueues>>;
  close(): Promise<void>;
}

export async function openHarness(workers: number): Promise<Harness> {
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-chaos-"));
  const { source, output } = recipe;
  const recorder = localRecorder({ source: source.prefix, renditions: output.prefix });
  const proxied = Promise.withResolvers<FaultProxy>();
  const fleet = await startFleet({
    dataDir: join(folder, "data"),
    port: 0,
    recipe: new URL("recipe.ts", import.meta.url),
    functionMemoryBytes: FUNCTION_BYTES,
    functionTimeoutMs: FUNCTION_TIMEOUT_MS,
    maximumConcurrency: FUNCTIONS,
    leaseSeconds: LEASE_SECONDS,
    workers,
    catalog: true,
    endpointFor: async (servers) => {
      const proxy = await FaultProxy.start(servers, () => undefined, recorder.observe);
      proxied.resolve(proxy);
      return proxy.endpoint;
    },
  });
  const proxy = await proxied.promise;
  const { endpoint, credentials, catalog } = fleet;
  if (catalog === undefined) throw new Error("the fleet has no catalog");
  const client = { region: REGION, endpoint, credentials };
  const s3 = createS3(client);
  const sqs = createSqs(client);
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(client));
  const urlOf = async (name: string) => {
    const { QueueUrl = "" } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
    return QueueUrl;
  };
  const laneOf = async (lane: Lane) => ({
    url: await urlOf(`imagefleet-${lane}`),
    deadLetters: await urlOf(`imagefleet-${lane}-dlq`),
  });
  return {
    fleet,
    proxy,
    recorder,
    s3,
    sqs,
    dynamo,
    intake: await divert(s3, sqs, "chaos-intake", {
      bucket: fleet.sourceBucket,
      events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
      prefix: "",
    }),
    manifests: await divert(s3, sqs, "chaos-manifests", {
      bucket: fleet.renditionBucket,
      events: ["s3:ObjectCreated:*"],
      prefix: "manifests/",
    }),
    catalog,
    lanes: { small: await laneOf("small"), large: await laneOf("large") },
    async close() {
      s3.destroy();
      sqs.destroy();
      dynamo.destroy();
      await fleet.stop();
      await proxy[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Sends a bucket's events to a queue of the harness. */
async function divert(
  s3: S3Client,
  sqs: SQSClient,
  QueueName: string,
  from: { readonly bucket: string; readonly events: Event[]; readonly prefix: string },
): Promise<string> {
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
  );
  const QueueArn = Attributes?.["QueueArn"];
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: from.bucket,
      NotificationConfiguration: {
        QueueConfigurations: [
          {
            QueueArn,
            Events: from.events,
            Filter: { Key: { FilterRules: [{ Name: "prefix", Value: from.prefix }] } },
          },
        ],
      },
    }),
  );
  return QueueUrl;
}

/** The number of visible messages of a queue. */
export async function visibleIn(sqs: SQSClient, QueueUrl: string): Promise<number> {
  return count(sqs, QueueUrl, "ApproximateNumberOfMessages");
}

/** The number of messages of a queue that are visible or in flight. */
export async function leftIn(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const inFlight = await count(sqs, QueueUrl, "ApproximateNumberOfMessagesNotVisible");
  return inFlight + (await visibleIn(sqs, QueueUrl));
}

async function count(
  sqs: SQSClient,
  QueueUrl: string,
  name: "ApproximateNumberOfMessages" | "ApproximateNumberOfMessagesNotVisible",
): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] }),
  );
  return Number(Attributes?.[name] ?? 0);
}
