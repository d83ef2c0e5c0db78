/** A slot and the memory of one render. */
export interface Permit {
  /** Reduces the memory to so many bytes and frees the slot. */
  shrinkTo(bytes: number): void;
  /** Frees the slot and the memory. A second call does nothing. */
  release(): void;
}

interface Waiting {
  readonly bytes: number;
  readonly admit: () => void;
}

/**
 * Limits concurrent work by memory and by count. Work that needs more than the whole budget runs
 * alone. The order is first come, first served: small work that comes later does not overtake large
 * work that waits for memory, which would otherwise starve.
 */
export class MemorySemaphore {
  readonly #bytes: number;
  readonly #slots: number;
  readonly #waiting: Waiting[] = [];
  #permits = 0;
  #usedSlots = 0;
  #usedBytes = 0;

  /**
   * @param options.bytes the memory budget
   * @param options.slots how many may run concurrently
   */
  constructor({ bytes, slots }: { readonly bytes: number; readonly slots: number }) {
    this.#bytes = bytes;
    this.#slots = slots;
  }

  /**
   * Runs the work when its memory and a slot are free.
   *
   * @param bytes the memory of the work at its peak
   * @throws the signal's reason, when it is aborted while the work waits; and what the work throws
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
    for (let [first] = this.#waiting; first && this.#fits(first.bytes); [first] = this.#waiting) {
      this.#waiting.shift();
      this.#permits += 1;
      this.#usedSlots += 1;
      this.#usedBytes += first.bytes;
      first.admit();
    }
  }

  #fits(bytes: number): boolean {
    if (this.#permits === 0) return true;
    return this.#usedSlots < this.#slots && this.#usedBytes + bytes <= this.#bytes;
  }

  #permit(bytes: number): Permit {
    let held = bytes;
    let working = true;
    let over = false;
    const freeSlot = () => {
      if (working) this.#usedSlots -= 1;
      working = false;
    };
    return {
      shrinkTo: (fewer) => {
        if (over) return;
        const now = Math.min(held, fewer);
        this.#usedBytes -= held - now;
        held = now;
        freeSlot();
        this.#admit();
      },
      release: () => {
        if (over) return;
        over = true;
        this.#usedBytes -= held;
        this.#permits -= 1;
        freeSlot();
        this.#admit();
      },
    };
  }
}
