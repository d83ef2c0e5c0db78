import type { ServerName } from "./server.ts";

// moto returns a message's system attributes only for the older AttributeNames, and no message
// attributes for a prefix of their names.
const attributes = [
  "a message has its times of sending and first receive, and its receive count",
  "system attributes can be requested by name",
  "a received message is hidden until its visibility timeout ends",
  "visibility 0 releases a message at once, and its receive is counted",
  "a message is received maxReceiveCount times, and is then in the dead-letter queue",
  "a dead letter keeps its time of sending and its receive count",
  "attributes are returned only on request, by name or by prefix",
];

// moto's records have neither sequencer nor requester, and its test event has no host.
const records = [
  "a newly configured queue receives s3:TestEvent",
  "a put sends the record that the intake parses",
  "put, copy and completed upload send different event names",
  "removals send ObjectRemoved:Delete without size and ETag, single or many",
  "only the configured events are sent",
  "prefix and suffix rules select the keys",
  "the sequencer of a key increases with every change",
  "two configurations of one bucket send to different queues",
];

// moto accepts what AWS rejects.
const taken = [
  "the parts of an upload are listed by number, with their bytes, in pages",
  "put If-Match replaces only that version",
  "delete If-Match removes only that version",
  "a key of 1,025 bytes is KeyTooLongError",
  "only the invalid entry of a batch fails",
  "eleven attributes are rejected",
  "an empty body is rejected",
  "attributes can be set and are validated",
  "a missing queue is InvalidArgument, and nothing changes",
  "configurations that overlap are InvalidArgument",
  "a body that does not match its checksum is rejected",
  "an old receipt handle does not delete a message that was received again",
];

// Both reject it, with different error names.
const named = [
  "put If-Match of a missing object is NoSuchKey",
  "a redrive policy without an existing queue is rejected",
  "an unknown continuation token is InvalidArgument",
  "there is no object before an upload is completed, nor after it is aborted",
  "parts out of order, missing or with another ETag are rejected",
  "a visibility over twelve hours is rejected",
  "a message has at most 262,144 bytes",
];

// The responses differ.
const answers = [
  "the SDK's checksum is stored and returned",
  "a key with tab and newline is put, read, listed, copied and deleted",
  "a key with control characters is put, read, listed, copied and deleted",
  "encoding-type=url returns keys in form encoding",
  "the older listing pages by marker",
  "many objects are deleted at once, including missing ones",
];

// dynalite counts characters, checks no keys of an index, and lacks the other operations.
const dynalite = [
  "the bytes of a key are counted, not its characters",
  "a sort key of an index with over 1,024 bytes is rejected",
  "a failed condition returns the item on request",
  "two items are written in one transaction",
  // Nothing could be restored.
  "point-in-time recovery is enabled",
];

// There is no EventBridge.
const events = [
  "PutEvents gives an accepted event an id",
  "PutEvents succeeds with the error of each entry that it refuses",
];

// moto counts capacity as 0.5 a read, sizes in another way, and confirmed subscriptions as 0.
const counted = [
  "a read of 9 KB consumes 3 units, or half of that if it is eventually consistent",
  "the size of an item counts the names of its attributes, to the byte",
  "a message is counted in bytes, with its attributes",
  "the attributes of a topic have the number of its subscriptions",
];

// moto accepts what AWS rejects, or answers with a server error.
const takenByTables = [
  "a time to live cannot be enabled twice",
  "a read of a key that is too long is rejected",
  "an expression with a value that it does not use is rejected",
  "a batch of 26 items is rejected",
  "an empty message is rejected",
  "a filter policy that is not JSON is rejected",
];

// moto verifies no signature, no policy of a form and no checksum that is only a header.
const unsigned = [
  "a form refuses a file of one byte too many, and an empty one",
  "a form refuses another key, another type and a field that its policy does not name",
  "a form refuses a changed policy, and another signature",
  "a form without a policy is refused",
  "a signed PUT refuses other bytes, and headers that were not signed so",
  "a signed part refuses another length, and another part's number",
];

/** The names of the promises that a server is known to break. */
export const knownGaps: Record<ServerName, string[]> = {
  embedded: [...dynalite, ...events],
  // moto 5.1.1
  moto: [
    ...attributes,
    ...records,
    ...taken,
    ...named,
    ...answers,
    ...counted,
    ...takenByTables,
    ...unsigned,
  ],
  aws: [],
};
