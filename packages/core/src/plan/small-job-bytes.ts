const MIB = 1024 * 1024;

/** The function's memory unless infra says otherwise, bytes. */
export const FUNCTION_BYTES = 2048 * MIB;

/** Sources in hand beyond those that are being rendered: fetched ahead, so that no CPU waits. */
export const AHEAD = 2;

/** The part of the function's memory that a batch may reach: the rest is room for error. */
const USABLE = 0.75;

/** Node, the SDK and sharp at rest: measured 150 MiB, and the heap grows with a batch. */
const BASE_BYTES = 200 * MIB;

/**
 * What one job of a batch may take at its peak, in bytes, so that `renders` of them at once, beside
 * the sources that are held in memory, stay inside the function's memory.
 *
 * @param options.sourceBytes the most bytes that a source on the small lane has
 * @param options.renders jobs that decode and encode at once
 */
export function smallJobBytes(options: {
  functionBytes: number;
  sourceBytes: number;
  renders: number;
}): number {
  const { functionBytes, sourceBytes, renders } = options;
  const held = (renders + AHEAD) * sourceBytes;
  const room = functionBytes * USABLE - BASE_BYTES - held;
  return Math.max(32 * MIB, Math.floor(room / renders));
}
