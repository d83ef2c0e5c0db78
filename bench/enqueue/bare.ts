import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { jobMessage } from "@imagefleet/core/intake";
import { REGION } from "@imagefleet/local/resources";

// The simplest program over the SDK: ten messages in a request, a fixed number of concurrent requests,
// and a refusal of SQS is an error. The messages are those of the command line.
const [endpoint = "", QueueUrl = "", file = "", bucket = "", atOnce = ""] = process.argv.slice(2);
const sqs = new SQSClient({ region: REGION, endpoint });
const pending = new Set<Promise<void>>();
const run = crypto.randomUUID();
let sent = 0;
let entries: SendMessageBatchRequestEntry[] = [];

async function send(batch: SendMessageBatchRequestEntry[]): Promise<void> {
  const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: batch }));
  if (Failed.length > 0) throw new Error(`SQS refused ${Failed.length}: ${Failed[0]?.Message}`);
  sent += batch.length;
}

async function flush(): Promise<void> {
  while (pending.size >= Number(atOnce)) await Promise.race(pending);
  const sending = send(entries).finally(() => pending.delete(sending));
  pending.add(sending);
  entries = [];
}

const start = performance.now();
for await (const key of createInterface({ input: createReadStream(file) })) {
  entries.push({
    Id: String(entries.length),
    MessageBody: jobMessage({ bucket, key, at: Date.now(), mayHaveRun: false, force: false, run }),
    MessageGroupId: "reprocess",
  });
  if (entries.length === 10) await flush();
}
if (entries.length > 0) await flush();
await Promise.all(pending);
const seconds = (performance.now() - start) / 1000;
process.stdout.write(JSON.stringify({ sent, seconds }));
sqs.destroy();
