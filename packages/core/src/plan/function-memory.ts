const MIB = 1024 * 1024;

/** The default memory of the function, in bytes. */
export const FUNCTION_BYTES = 2048 * MIB;

/**
 * The sources in flight in addition to those that are rendered. They are fetched ahead, so that no
 * CPU waits.
 */
const AHEAD = 2;

/** The share of the function's memory that a batch may use. The rest is a margin. */
const USABLE = 0.75;

/** Node, the SDK and sharp at rest: 150 MiB measured, plus the heap that grows with a batch. */
const BASE_BYTES = 200 * MIB;

/** The minimum for renders in a function of any size. With less, every image would be forwarded. */
const LEAST_BYTES = 32 * MIB;

/** How the memory of a function is divided. */
export interface FunctionMemory {
  /** Messages in flight at once. Each may hold a source in memory, fetched or being fetched. */
  readonly inFlight: number;
  /** The peak memory of all renders together, in bytes, without the sources in flight. */
  readonly renderBytes: number;
}

/**
 * Divides a function's memory between the sources that are held and the renders, so that the worst
 * batch fits.
 *
 * @param options.sourceBytes the maximum size of a source on the small lane
 * @param options.renders jobs that decode and encode at once
 *
 * @example
 * const { inFlight, renderBytes } = functionMemory({
 *   functionBytes: FUNCTION_BYTES,
 *   sourceBytes: recipe.lanes.smallBytes,
 *   renders: 2,
 * });
 */
export function functionMemory(options: {
  functionBytes: number;
  sourceBytes: number;
  renders: number;
}): FunctionMemory {
  const { functionBytes, sourceBytes, renders } = options;
  const room = functionBytes * USABLE - BASE_BYTES;
  // Sources get at most half the space: with a high byte limit, fewer are fetched ahead.
  const inFlight = Math.min(renders + AHEAD, Math.max(1, Math.floor(room / 2 / sourceBytes)));
  const renderBytes = Math.max(LEAST_BYTES, Math.floor(room - inFlight * sourceBytes));
  return { inFlight, renderBytes };
}
