/** How long a receive may take beyond its wait, ms, with the retries of the SDK. */
const ANSWER_MS = 90_000;

/** How long a job may go on after its lease ended, ms: aborted, it ends at once. */
const LEASE_MS = 10_000;

/** The health of the receive loop of one lane, by what the loop reports. */
export class LoopHealth {
  readonly #lane: string;
  readonly #waitMs: number;
  readonly #leases = new Set<{ readonly endsAt: number }>();
  /** The start of the receive in progress. */
  #askedAt: number | undefined;
  #reached = false;
  #ended = false;

  /** @param waitMs how long one receive waits for messages */
  constructor(lane: string, waitMs: number) {
    this.#lane = lane;
    this.#waitMs = waitMs;
  }

  /** A receive starts. */
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

  /** A message is in flight. @returns a function to call when it is not any more */
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

  /** Why the loop is not healthy; undefined if it is. @param now in ms of `performance.now()` */
  fault(now = performance.now()): string | undefined {
    const asking = this.#askedAt === undefined ? 0 : now - this.#askedAt;
    if (asking > this.#waitMs + ANSWER_MS) {
      return `a receive of the ${this.#lane} lane has had no answer for ${Math.round(asking / 1000)} s`;
    }
    const over = [...this.#leases].find(({ endsAt }) => now > endsAt + LEASE_MS);
    return over && `a lease of the ${this.#lane} lane has ended and its job goes on`;
  }
}
