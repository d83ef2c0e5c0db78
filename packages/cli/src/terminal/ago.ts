const STEPS = [
  [60, "s"],
  [60, "min"],
  [24, "h"],
] as const;

/** How long ago a time was, in words: `14 min ago`, `3 h ago`, `2 days ago`. Times in ms. */
export function ago(at: number, now: number): string {
  const seconds = (now - at) / 1000;
  return seconds < 5 ? "just now" : `${lasting(seconds)} ago`;
}

/** A duration in its largest suitable unit: `14 min`. */
export function lasting(seconds: number): string {
  let value = seconds;
  for (const [size, unit] of STEPS) {
    if (Math.round(value) < size) return `${Math.round(value)} ${unit}`;
    value /= size;
  }
  const days = Math.round(value);
  return `${days} day${days === 1 ? "" : "s"}`;
}
