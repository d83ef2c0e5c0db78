const MIB = 1024 * 1024;

/** The function's memory unless infra says otherwise, bytes. */
export const FUNCTION_BYTES = 2048 * MIB;

/** Sources in flight beyond those that are being rendered: fetched ahead, so that no CPU waits. */
const AHEAD = 2;

/** The part of the function's memory that a batch may reach: the rest is a margin. */
const USABLE = 0.75;

/** Node, the SDK and sharp at rest: measured 150 MiB, and the heap grows with a batch. */
const BASE_BYTES = 200 * MIB;

/** The least for renders, whatever the function has: below, every picture would be forwarded. */
const LEAST_BYTES = 32 * MIB;

/** How a function's memory is shared out. */
export interface FunctionMemory {
  /** Messages in flight at once: each may hold a source in memory, fetched or being fetched. */
  readonly inFlight: number;
  /** What renders may take together at their peak, bytes; the sources in flight are not in it. */
  readonly renderBytes: number;
}

/**
 * Shares a function's memory between the sources that are held and the renders, so that the worst
 * batch stays inside it.
 *
 * @param options.sourceBytes the most bytes that a source on the small lane has
 * @param options.renders jobs that decode and encode at once
 */
export function functionMemory(options: {
  functionBytes: number;
  sourceBytes: number;
  renders: number;
}): FunctionMemory {
  const { functionBytes, sourceBytes, renders } = options;
  const room = functionBytes * USABLE - BASE_BYTES;
  // Sources get half the space at most: with a high byte limit, fewer are fetched ahead.
  const inFlight = Math.min(renders + AHEAD, Math.max(1, Math.floor(room / 2 / sourceBytes)));
  const renderBytes = Math.max(LEAST_BYTES, Math.floor(room - inFlight * sourceBytes));
  return { inFlight, renderBytes };
}
