const NUMBER = new Intl.NumberFormat("en-US");

/** `1 dead letter`, `2,000 dead letters` */
export function many(count: number, what: string): string {
  return `${NUMBER.format(count)} ${what}${count === 1 ? "" : "s"}`;
}

export function thousands(value: number): string {
  return NUMBER.format(value);
}

/** `4.2 MB` */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  let scaled = value;
  for (; scaled >= 999.5 && at < units.length - 1; at++) scaled /= 1000;
  const digits = at > 0 && scaled < 9.95 ? 1 : 0;
  return `${scaled.toFixed(digits)} ${units[at]}`;
}

/** A duration of so many seconds: `40 s`, `14 min`, `3.2 h`, `2.5 d` */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} d`;
}

/** @param at ISO 8601, or ms since the epoch @param now ms since the epoch */
export function ago(at: string | number, now: number): string {
  const seconds = (now - new Date(at).getTime()) / 1000;
  return seconds < 1 ? "now" : `${duration(seconds)} ago`;
}

export function usd(value: number): string {
  if (value > 0 && value < 0.01) return "less than $0.01";
  return `$${value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** Text of strangers, in which characters that reorder or hide others are visible. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}
