import type { ServerName } from "./server.ts";

// moto answers only the older AttributeNames with a message's system attributes,
// and a prefix of message attributes' names finds none.
const attributes = [
  "a message says when it was sent and first received, and how often",
  "system attributes can be asked for by name",
  "a received message is hidden until its visibility timeout ends",
  "visibility 0 gives a message back at once, counted",
  "a message is received maxReceiveCount times, then found in the dead-letter queue",
  "a dead letter keeps when it was sent, and its count goes on",
  "attributes come only when asked for, by name or by prefix",
];

// moto's records have neither sequencer nor requester, and its test event no host.
const records = [
  "configuring a queue sends it s3:TestEvent",
  "a put sends the record that the intake parses",
  "put, copy and completed upload send their own event names",
  "removals send ObjectRemoved:Delete without size and ETag, single or many",
  "only the events asked for are sent",
  "prefix and suffix rules choose the keys",
  "the sequencer of a key grows with every change",
  "two configurations of one bucket send to their own queues",
];

// What AWS refuses, moto takes.
const taken = [
  "put If-Match replaces only that version",
  "delete If-Match removes only that version",
  "a key of 1,025 bytes is KeyTooLongError",
  "of a batch only the bad entry fails",
  "eleven attributes are refused",
  "an empty body is refused",
  "attributes can be set, and are checked",
  "a queue that does not exist is InvalidArgument, and nothing changes",
  "configurations that overlap are InvalidArgument",
  "a body that is not what its checksum says is refused",
  "an old receipt handle does not delete a message that another received",
];

// What both refuse, by another name.
const named = [
  "put If-Match of a missing object is NoSuchKey",
  "a redrive policy that names no queue is refused",
  "a continuation token that was never given out is InvalidArgument",
  "nothing is there until an upload is completed, nor after it is aborted",
  "parts out of order, missing or of another ETag are refused",
  "a visibility over twelve hours is refused",
];

// Answers that differ.
const answers = [
  "the SDK's checksum is stored and returned",
  "a key with tab and newline is put, read, listed, copied and deleted",
  "a key with control characters is put, read, listed, copied and deleted",
  "encoding-type=url gives keys in form encoding",
  "the older listing pages by marker",
  "many objects are deleted at once, the missing ones too",
];

/** Promises that a server is known to break, by the promise's name. */
export const knownGaps: Record<ServerName, string[]> = {
  embedded: [],
  // Of moto 5.1.1.
  moto: [...attributes, ...records, ...taken, ...named, ...answers],
  aws: [],
};
