import wrapAnsi from "wrap-ansi";

/**
 * Breaks a line between words where a terminal would break within one.
 *
 * @param width columns of a terminal; of what is none, undefined
 */
export function wrap(line: string, width: number | undefined): string {
  return width ? wrapAnsi(line, width, { trim: false }) : line;
}
