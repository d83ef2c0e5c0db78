// The codes that SQS's model writes with its prefix; all others stand alone.
const prefixed = new Set([
  "BatchEntryIdsNotDistinct",
  "BatchRequestTooLong",
  "EmptyBatchRequest",
  "InvalidBatchEntryId",
  "MessageNotInflight",
  "NonExistentQueue",
  "PurgeQueueInProgress",
  "QueueDeletedRecently",
  "TooManyEntriesInBatchRequest",
  "UnsupportedOperation",
]);

/**
 * The x-amzn-query-error header as SQS has it. The SDK names an error by it, and
 * fauxqs puts the prefix before every code, so that none had the name it has on AWS.
 */
export function queryError(header: string): string {
  const bare = header.replace(/^AWS\.SimpleQueueService\./, "");
  const [code = ""] = bare.split(";", 1);
  return prefixed.has(code) ? `AWS.SimpleQueueService.${bare}` : bare;
}
