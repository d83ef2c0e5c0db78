const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Bytes with three digits that count, in powers of 1,000: `312 kB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would be rounded to 1000.
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

/**
 * What the renditions are smaller than their source, in percent; below 0 where they are larger,
 * nothing where there are none.
 */
export function formatSaved(bytesIn: number, bytesOut: number): string {
  if (bytesIn === 0 || bytesOut === 0) return "";
  const percent = (1 - bytesOut / bytesIn) * 100;
  return `${percent.toFixed(percent > -99.95 ? 1 : 0)} %`;
}

/** `1 picture`, `2 pictures`. */
export function count(number: number, noun: string, nouns = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : nouns}`;
}
