/** Consumes the queue of the catalog. */
export function handler(): Promise<{ batchItemFailures: [] }> {
  return Promise.resolve({ batchItemFailures: [] });
}
