import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { jobMessage } from "@imagefleet/core/intake";
import { REGION } from "@imagefleet/local/resources";

// What anyone would write who has a file of keys and the SDK: tens, so many on their way at once, and
// what SQS refuses is an error. The messages are those that the command line sends.
const [endpoint = "", QueueUrl = "", file = "", bucket = "", atOnce = ""] = process.argv.slice(2);
const sqs = new SQSClient({ region: REGION, endpoint });
const onTheirWay = new Set<Promise<void>>();
const run = crypto.randomUUID();
let sent = 0;
let entries: SendMessageBatchRequestEntry[] = [];

async function send(batch: SendMessageBatchRequestEntry[]): Promise<void> {
  const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: batch }));
  if (Failed.length > 0) throw new Error(`SQS refused ${Failed.length}: ${Failed[0]?.Message}`);
  sent += batch.length;
}

async function flush(): Promise<void> {
  while (onTheirWay.size >= Number(atOnce)) await Promise.race(onTheirWay);
  const sending = send(entries).finally(() => onTheirWay.delete(sending));
  onTheirWay.add(sending);
  entries = [];
}

const began = performance.now();
for await (const key of createInterface({ input: createReadStream(file) })) {
  entries.push({
    Id: String(entries.length),
    MessageBody: jobMessage({ bucket, key, at: Date.now(), mayHaveRun: false, force: false, run }),
    MessageGroupId: "reprocess",
  });
  if (entries.length === 10) await flush();
}
if (entries.length > 0) await flush();
await Promise.all(onTheirWay);
const seconds = (performance.now() - began) / 1000;
process.stdout.write(JSON.stringify({ sent, seconds }));
sqs.destroy();
