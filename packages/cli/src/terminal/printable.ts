import cliTruncate from "cli-truncate";
import stringWidth from "string-width";

/** Ends or joins lines, or turns the direction of writing: what a terminal may obey, as a class. */
const OBEYED = String.raw`\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069`;
const obeyed = new RegExp(`[${OBEYED}]`, "gu");
/** Our own colors, as `styleText` writes them, bold and dim, or anything else that a terminal obeys. */
const styleOrObeyed = new RegExp(String.raw`\u001b\[(?:1|2|22|3\d)m|[${OBEYED}]`, "gu");

/**
 * A key may hold anything: what would move a terminal's cursor, color it, or turn the direction of
 * writing is shown as a mark.
 */
export function printable(text: string): string {
  return text.replace(obeyed, "\ufffd");
}

/** The same for a text of several lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** The same for a text of several lines that has colors of our own already. */
export function printableStyled(text: string): string {
  return text.replace(styleOrObeyed, (found) =>
    found === "\n" || found.length > 1 ? found : "\ufffd",
  );
}

/** A value as JSON that a terminal obeys nothing of: escaped, hence the same value to a program. */
export function printableJson(value: unknown, indent?: number): string {
  // What JSON itself leaves as it is. Its line breaks stand between values, never in them.
  return JSON.stringify(value, undefined, indent).replace(obeyed, (found) =>
    found === "\n" ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Cut to so many columns of a terminal, with `…` where something is missing. */
export function shorten(text: string, width: number, position: "middle" | "end"): string {
  return stringWidth(text) <= width ? text : cliTruncate(text, width, { position });
}

export function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - stringWidth(text)));
  return align === "left" ? text + space : space + text;
}
