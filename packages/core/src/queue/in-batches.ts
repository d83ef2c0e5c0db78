interface Sized {
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const MAX_MESSAGES = 10;
/** Of all messages of a batch together; the quota of servers that do not take AWS's newer 1 MiB. */
const MAX_BYTES = 262_144;

/** Messages in batches that SQS takes; one that is over the limit alone makes a batch of its own. */
export function* inBatches<T extends Sized>(messages: Iterable<T>): Generator<readonly T[]> {
  let batch: T[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = bytesOf(message);
    if (batch.length === MAX_MESSAGES || (batch.length > 0 && bytes + size > MAX_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** As SQS counts: body, and each attribute's name, type and value. */
function bytesOf({ body, attributes = {} }: Sized): number {
  return Object.entries(attributes).reduce(
    (sum, [name, value]) =>
      sum + Buffer.byteLength(name) + "String".length + Buffer.byteLength(value),
    Buffer.byteLength(body),
  );
}
