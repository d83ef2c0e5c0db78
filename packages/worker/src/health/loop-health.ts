/** The longest that a receive may go without an answer beyond its wait, ms: the SDK tries again and again. */
const ANSWER_MS = 90_000;

/** How long a lease may have been over, ms, while its job still goes on: aborted, it ends at once. */
const LEASE_MS = 10_000;

/** What one lane's loop does, told by the loop itself as it goes round. */
export class LoopHealth {
  readonly #lane: string;
  readonly #waitMs: number;
  readonly #leases = new Set<{ readonly endsAt: number }>();
  /** Since when a receive is under way. */
  #askedAt: number | undefined;
  #reached = false;
  #ended = false;

  /** @param waitMs how long one receive waits for messages */
  constructor(lane: string, waitMs: number) {
    this.#lane = lane;
    this.#waitMs = waitMs;
  }

  asks(): void {
    this.#askedAt = performance.now();
  }

  answered(): void {
    this.#askedAt = undefined;
    this.#reached = true;
  }

  failed(): void {
    this.#askedAt = undefined;
    this.#reached = false;
  }

  /** @returns to be called when the message is no longer held */
  holds(lease: { readonly endsAt: number }): () => void {
    this.#leases.add(lease);
    return () => void this.#leases.delete(lease);
  }

  end(): void {
    this.#ended = true;
  }

  get ready(): boolean {
    return this.#reached && !this.#ended;
  }

  /** Why this loop is not well; undefined: it is. */
  fault(now = performance.now()): string | undefined {
    const asking = this.#askedAt === undefined ? 0 : now - this.#askedAt;
    if (asking > this.#waitMs + ANSWER_MS) {
      return `the ${this.#lane} lane's receive has had no answer for ${Math.round(asking / 1000)} s`;
    }
    const over = [...this.#leases].find(({ endsAt }) => now > endsAt + LEASE_MS);
    return over && `a lease of the ${this.#lane} lane is over and its job goes on`;
  }
}
