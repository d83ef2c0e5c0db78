import { InvalidArgumentError } from "@commander-js/extra-typings";

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/**
 * Parses an age (`90m`, `12h`, `7d`) or a date (`2026-11-21`, `2026-11-21T03:00Z`) into ms since the
 * epoch.
 *
 * @throws InvalidArgumentError
 */
export function momentOf(text: string, now = Date.now()): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text) ?? [];
  if (digits !== undefined && isUnit(unit)) return now - Number(digits) * UNITS[unit];
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new InvalidArgumentError(
    "Use an age such as 90m, 12h or 7d, or a date such as 2026-11-21.",
  );
}

function isUnit(text: string | undefined): text is keyof typeof UNITS {
  return text !== undefined && text in UNITS;
}

/** @throws InvalidArgumentError */
export function wholeNumber(from: number, to = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= from && number <= to) return number;
    const until = to === Number.MAX_SAFE_INTEGER ? `${from} or more` : `${from} to ${to}`;
    throw new InvalidArgumentError(`Use a whole number, ${until}.`);
  };
}
