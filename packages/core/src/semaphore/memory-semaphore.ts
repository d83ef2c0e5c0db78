/** A place and the memory that goes with it. */
export interface Permit {
  /** The work is over and holds only so much of its memory, in bytes: its place is free for the next. */
  shrinkTo(bytes: number): void;
  /** Gives everything back; a second call does nothing. */
  release(): void;
}

interface Waiting {
  readonly bytes: number;
  readonly admit: () => void;
}

/**
 * Lets work in while the memory that it says it will take fits into a budget, and as long as there
 * is a place. What needs more than the whole budget runs alone. Strictly first come, first served:
 * a large job waits for room, and nothing small that comes later passes it by until it starves.
 */
export class MemorySemaphore {
  readonly #bytes: number;
  readonly #slots: number;
  readonly #waiting: Waiting[] = [];
  #permits = 0;
  #taken = 0;
  #used = 0;

  /**
   * @param options.bytes the budget
   * @param options.places how many may work at once
   */
  constructor({ bytes, slots }: { readonly bytes: number; readonly slots: number }) {
    this.#bytes = bytes;
    this.#slots = slots;
  }

  /**
   * Runs the work when there is room for it. It may shrink its claim before it ends.
   *
   * @param bytes what it takes at its peak
   * @throws the signal's reason, when aborted while it waits; and what the work throws
   */
  readonly run = async <T>(
    work: (permit: Permit) => Promise<T>,
    bytes: number,
    signal: AbortSignal,
  ): Promise<T> => {
    const permit = await this.#enter(bytes, signal);
    try {
      return await work(permit);
    } finally {
      permit.release();
    }
  };

  async #enter(bytes: number, signal: AbortSignal): Promise<Permit> {
    signal.throwIfAborted();
    const turn = Promise.withResolvers<void>();
    const waiting: Waiting = { bytes, admit: turn.resolve };
    const giveUp = () => {
      const at = this.#waiting.indexOf(waiting);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      turn.reject(signal.reason);
      this.#admit();
    };
    this.#waiting.push(waiting);
    this.#admit();
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
    return this.#permit(bytes);
  }

  #admit(): void {
    for (
      let [first] = this.#waiting;
      first && this.#hasRoom(first.bytes);
      [first] = this.#waiting
    ) {
      this.#waiting.shift();
      this.#permits += 1;
      this.#taken += 1;
      this.#used += first.bytes;
      first.admit();
    }
  }

  #hasRoom(bytes: number): boolean {
    if (this.#permits === 0) return true;
    return this.#taken < this.#slots && this.#used + bytes <= this.#bytes;
  }

  #permit(bytes: number): Permit {
    let held = bytes;
    let working = true;
    let over = false;
    const leavePlace = () => {
      if (working) this.#taken -= 1;
      working = false;
    };
    return {
      shrinkTo: (fewer) => {
        if (over) return;
        const now = Math.min(held, fewer);
        this.#used -= held - now;
        held = now;
        leavePlace();
        this.#admit();
      },
      release: () => {
        if (over) return;
        over = true;
        this.#used -= held;
        this.#permits -= 1;
        leavePlace();
        this.#admit();
      },
    };
  }
}
