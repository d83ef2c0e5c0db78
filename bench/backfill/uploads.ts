import { setTimeout as pause } from "node:timers/promises";
import type { Fleet } from "@imagefleet/local/fleet";

/**
 * Uploads an image `count` times at a fixed interval, and waits until all are rendered.
 *
 * @returns ms from the start of each upload until its renditions existed
 * @throws Error when one ended with another outcome
 */
export async function uploadSteadily(
  fleet: Fleet,
  picture: string,
  options: { prefix: string; count: number; everyMs: number; signal: AbortSignal },
): Promise<number[]> {
  const { prefix, count, everyMs, signal } = options;
  const started = new Map<string, { readonly at: number; readonly end: (ms: number) => void }>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  fleet.onJob(({ key, outcome }) => {
    const upload = started.get(key ?? "");
    if (upload === undefined) return;
    if (outcome === "rendered") upload.end(performance.now() - upload.at);
    else failed.reject(new Error(`${key} ended as ${outcome}`));
  });
  const ends: Promise<number>[] = [];
  for (let n = 0; n < count; n++) {
    const { promise, resolve } = Promise.withResolvers<number>();
    const key = `${prefix}/${n}.jpg`;
    started.set(key, { at: performance.now(), end: resolve });
    ends.push(promise);
    const next = pause(everyMs, undefined, { signal });
    await Promise.race([fleet.upload(key, picture), failed.promise]);
    await next;
  }
  return Promise.race([Promise.all(ends), failed.promise]);
}
