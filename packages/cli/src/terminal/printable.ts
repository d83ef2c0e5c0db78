import cliTruncate from "cli-truncate";
import stringWidth from "string-width";

/** Control and bidirectional characters that a terminal may act on, as a character class. */
const CONTROL = String.raw`\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069`;
const control = new RegExp(`[${CONTROL}]`, "gu");
/** A style as `styleText` writes it, or a control character. */
const styleOrControl = new RegExp(String.raw`\u001b\[(?:1|2|22|3\d)m|[${CONTROL}]`, "gu");

/**
 * Replaces control characters, which would move a terminal's cursor, color its text or reverse the
 * direction of writing. A key may contain any of them.
 */
export function printable(text: string): string {
  return text.replace(control, "\ufffd");
}

/** The same for text of several lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** The same for text of several lines that already contains our own styles. */
export function printableStyled(text: string): string {
  return text.replace(styleOrControl, (found) =>
    found === "\n" || found.length > 1 ? found : "\ufffd",
  );
}

/** A value as JSON with control characters escaped, so that a program reads the same value. */
export function printableJson(value: unknown, indent?: number): string {
  // JSON escapes line breaks within values; those that are left separate values.
  return JSON.stringify(value, undefined, indent).replace(control, (found) =>
    found === "\n" ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Cuts a text to a number of terminal columns and marks the cut with `…`. */
export function shorten(text: string, width: number, position: "middle" | "end"): string {
  return stringWidth(text) <= width ? text : cliTruncate(text, width, { position });
}

export function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - stringWidth(text)));
  return align === "left" ? text + space : space + text;
}
