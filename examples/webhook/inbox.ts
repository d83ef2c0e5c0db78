import type { Notification } from "@imagefleet/client";

/** How many images are remembered: the last that changed. */
const REMEMBERED = 10_000;

type Apply = (notification: Notification) => Promise<void>;

/**
 * Has each notification applied once, and none that is older than what was applied for its image.
 *
 * It remembers in memory, and only the last `REMEMBERED` images: enough for one process, and a copy may be
 * applied once more after a restart. Several processes need a table. There the application's own row of the
 * image does both in one write, `UPDATE … SET seq = $2, at = $3, … WHERE key = $1 AND (seq, at) < ($2, $3)`,
 * which changes nothing for a copy and for what is late.
 */
export class Inbox {
  readonly #apply: Apply;
  readonly #latest = new Map<string, Notification>();
  #before: Promise<unknown> = Promise.resolve();

  constructor(apply: Apply) {
    this.#apply = apply;
  }

  /**
   * @returns whether it was applied
   * @throws what `apply` throws: the notification is not remembered, and its next copy is applied
   */
  take(notification: Notification): Promise<boolean> {
    // One after the other, because a copy may come while the first one is applied.
    const taken = this.#before.then(() => this.#takeNext(notification));
    this.#before = taken.catch(() => {});
    return taken;
  }

  async #takeNext(notification: Notification): Promise<boolean> {
    const { id, key } = notification;
    const latest = this.#latest.get(key);
    if (latest && (latest.id === id || !isLater(notification, latest))) return false;
    await this.#apply(notification);
    // The image that changed last is the last of the map.
    this.#latest.delete(key);
    this.#latest.set(key, notification);
    const [longest] = this.#latest.keys();
    if (this.#latest.size > REMEMBERED && longest !== undefined) this.#latest.delete(longest);
    return true;
  }
}

/** Without a manifest there is no `seq`, and a failure has that of the content before. */
function isLater(one: Notification, other: Notification): boolean {
  const [seq, otherSeq] = [one.seq ?? 0, other.seq ?? 0];
  return seq === otherSeq ? one.at > other.at : seq > otherSeq;
}
