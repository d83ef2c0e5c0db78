/** A contestant that is measured by CPU time. */
export interface Side {
  /** Does the work once. */
  readonly once: () => Promise<void>;
  /** The CPU time, user and system, of the process that does the work, ms. */
  readonly cpu: () => Promise<number> | number;
  /** The work starts a new process each time: it is not warmed up, and a turn is one run. */
  readonly fresh?: boolean;
}

/**
 * Measures all contestants, one turn each in every round, in a changing order, so that other load on the
 * machine affects all. A turn starts with one unmeasured run, because the previous contestant has left
 * its data in the CPU caches.
 *
 * @param times the repetitions in one turn
 * @returns CPU ms of one run of each contestant, round by round
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
