interface Sized {
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const MAX_MESSAGES = 10;
/** Of all messages of a batch. AWS accepts 1 MiB, other servers may not. */
const MAX_BYTES = 262_144;

/** Splits messages into batches that SQS accepts. A message above the limit is a batch of its own. */
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

/** The size as SQS counts it: the body, and the name, type and value of each attribute. */
function bytesOf({ body, attributes = {} }: Sized): number {
  return Object.entries(attributes).reduce(
    (sum, [name, value]) =>
      sum + Buffer.byteLength(name) + "String".length + Buffer.byteLength(value),
    Buffer.byteLength(body),
  );
}
