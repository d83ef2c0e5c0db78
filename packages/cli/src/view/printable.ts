import cliTruncate from "cli-truncate";
import stringWidth from "string-width";

/**
 * A key may hold anything: what would move a terminal's cursor, colour it, or turn the direction of
 * writing is shown as a mark.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu, "\ufffd");
}

/** Cut to so many columns of a terminal, with `…` where something is missing. */
export function shorten(text: string, width: number, position: "middle" | "end"): string {
  return stringWidth(text) <= width ? text : cliTruncate(text, width, { position });
}

export function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - stringWidth(text)));
  return align === "left" ? text + space : space + text;
}
