import type { Telemetry } from "./telemetry.ts";

/** How a request for a rendition is answered. */
export const ANSWERS = ["made", "substitute", "notFound", "unavailable"] as const;

/** An answer as its line shows it. */
export interface Delivered {
  readonly answer: (typeof ANSWERS)[number];
  /** Of the body, if it is a picture. */
  readonly bytes?: number;
  /** What stands for the rendition. */
  readonly substitute?: string;
  /** Why there is no such rendition, from a closed set. */
  readonly reason?: string;
  /** Why it cannot be made now, for a person. */
  readonly message?: string;
}

export interface DeliveryLine extends Delivered {
  /** Of the rendition; or the path, if it cannot be decoded. */
  readonly key: string;
  readonly ms: number;
}

/**
 * Logs how a request for a rendition was answered, in one line.
 *
 * @param at ms since the epoch
 *
 * @example
 * const delivery = { key: "thumb/tom.jpg.webp", answer: "made", bytes: 4_096, ms: 310 } as const;
 * logDelivery(telemetry, delivery, Date.now());
 */
export function logDelivery({ log, metrics }: Telemetry, delivery: DeliveryLine, at: number): void {
  const level = delivery.answer === "unavailable" ? "warn" : "info";
  const line = { ...delivery, ms: Math.round(delivery.ms) };
  if (metrics === undefined) log[level](line, "delivery");
  else metrics.write(level, { ...line, deliveries: 1, deliverMs: line.ms }, "delivery", at);
}
