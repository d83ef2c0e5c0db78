const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Bytes with three significant digits, in powers of 1,000: `312 kB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would round to 1000.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

export function formatMs(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${Number((ms / 1000).toFixed(ms < 9_995 ? 2 : 1))} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `12,345` */
export function thousands(number: number): string {
  return number.toLocaleString("en-US");
}

/** `1 dead letter`, `12,345 dead letters`. */
export function many(number: number, noun: string, nouns = `${noun}s`): string {
  return `${thousands(number)} ${number === 1 ? noun : nouns}`;
}

/** An amount as text: `$0.12`, `less than $0.01`. */
export function usd(amount: number): string {
  if (amount > 0 && amount < 0.01) return "less than $0.01";
  const digits = amount < 1000 ? 2 : 0;
  return `$${amount.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/**
 * What a run has cost so far: `$0.12 so far`.
 *
 * @param isLocal nothing is paid here, and the amount is what AWS would charge
 */
export function costSoFar(amount: number, isLocal: boolean): string {
  return `${usd(amount)} so far${isLocal ? " at AWS's prices" : ""}`;
}

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
