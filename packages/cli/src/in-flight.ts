/** Runs a limited number of tasks concurrently. Adding another waits for a free slot. */
export class InFlight {
  readonly #max: number;
  readonly #running = new Set<Promise<void>>();
  #fault: { readonly error: unknown } | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  /** @throws what an earlier task threw */
  async add(work: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#max) await Promise.race(this.#running);
    this.#check();
    const running = work()
      .catch((error: unknown) => {
        this.#fault ??= { error };
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** @throws what any task threw */
  async done(): Promise<void> {
    while (this.#running.size > 0) await Promise.race(this.#running);
    this.#check();
  }

  #check(): void {
    if (this.#fault) throw this.#fault.error;
  }
}
