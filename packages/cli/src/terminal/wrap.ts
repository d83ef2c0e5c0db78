import wrapAnsi from "wrap-ansi";

/**
 * Breaks a line between words at the width of the terminal.
 *
 * @param width columns; undefined when the output is not a terminal
 */
export function wrap(line: string, width: number | undefined): string {
  return width ? wrapAnsi(line, width, { trim: false }) : line;
}
