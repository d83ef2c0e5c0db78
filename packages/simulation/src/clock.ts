import TinyQueue from "tinyqueue";

interface Event {
  readonly at: number;
  /** Events of one time happen in the order in which they were planned. */
  readonly order: number;
  readonly happen: () => void;
}

/** The time of a simulation, s, and what is planned to happen. */
export class Clock {
  #now = 0;
  #planned = 0;
  readonly #events = new TinyQueue<Event>([], (a, b) => a.at - b.at || a.order - b.order);

  /** s since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** Plans something for in so many seconds. */
  after(seconds: number, happen: () => void): void {
    this.at(this.#now + seconds, happen);
  }

  /** @param at s since the beginning; a time that is over: now */
  at(at: number, happen: () => void): void {
    this.#events.push({ at: Math.max(at, this.#now), order: this.#planned++, happen });
  }

  /** Plans something for now, and again and again. */
  every(seconds: number, happen: () => void): void {
    const again = () => {
      happen();
      this.after(seconds, again);
    };
    this.after(0, again);
  }

  /** Lets everything happen that is planned until then. */
  run(until: number): void {
    for (let next = this.#events.peek(); next && next.at <= until; next = this.#events.peek()) {
      this.#events.pop();
      this.#now = next.at;
      next.happen();
    }
    this.#now = until;
  }
}
