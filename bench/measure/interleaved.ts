/** One of those that are held against each other. */
export interface Side {
  /** Does the work once. */
  readonly once: () => Promise<void>;
  /** CPU, user and system, used by whoever does this side's work, ms since whenever. */
  readonly cpu: () => Promise<number> | number;
  /** A process of its own each time: it finds nothing warm, and a turn is one run. */
  readonly fresh?: boolean;
}

/**
 * Measures all sides in one run, a turn each a round, beginning with another one every round: what
 * else the machine does meets them all. A turn begins with one time that is not measured: what the
 * side before left in the CPU's caches is not this side's to pay.
 *
 * @param times how often the work is done in one turn
 * @returns of each side, CPU ms of doing it once, round by round
 */
export async function interleaved<Name extends string>(
  contestants: ReadonlyMap<Name, Side>,
  { rounds, times, signal }: { rounds: number; times: number; signal: AbortSignal },
): Promise<Map<Name, number[]>> {
  const found = new Map<Name, number[]>([...contestants.keys()].map((name) => [name, []]));
  const order = [...contestants];
  for (let round = 0; round < rounds; round++) {
    for (const [name, side] of order) {
      signal.throwIfAborted();
      if (!side.fresh) await side.once();
      const before = await side.cpu();
      const turns = side.fresh ? 1 : times;
      for (let turn = 0; turn < turns; turn++) await side.once();
      found.get(name)?.push(((await side.cpu()) - before) / turns);
    }
    order.push(...order.splice(0, 1));
  }
  return found;
}
