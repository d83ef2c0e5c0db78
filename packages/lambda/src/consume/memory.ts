const MIB = 1024 * 1024;

/** The part of the function's memory that a batch may reach: the rest is room for error. */
const USABLE = 0.75;

/** Node, the SDK and sharp at rest: measured 150 MiB, and the heap grows with a batch. */
const BASE_BYTES = 200 * MIB;

/**
 * What one job of a batch may take at its peak, in bytes, so that `renders` of them at once, beside
 * the sources that are held in memory, stay inside the function's memory.
 */
export function jobMemoryBytes(options: {
  functionBytes: number;
  heldBytes: number;
  renders: number;
}): number {
  const { functionBytes, heldBytes, renders } = options;
  const room = functionBytes * USABLE - BASE_BYTES - heldBytes;
  return Math.max(32 * MIB, Math.floor(room / renders));
}
