import { styleText } from "node:util";
import { createLogUpdate } from "log-update";
import { printableJson, printableStyled } from "./printable.ts";
import { wrap } from "./wrap.ts";

/** The width of a terminal that does not report one. */
const UNKNOWN_WIDTH = 100;

type Stream = NodeJS.WriteStream;
type Style = Parameters<typeof styleText>[0];

/**
 * Writes to stdout and stderr. The report goes to stdout, or to stderr when stdout is for JSON; notes and
 * progress go to stderr. Only terminals get colors and cursor movements, and control characters of keys
 * and messages are replaced.
 */
export class Screen {
  readonly #stdout: Stream;
  readonly #stderr: Stream;
  readonly #report: Stream;
  readonly #live: ReturnType<typeof createLogUpdate> | undefined;
  readonly #invocation: string;
  readonly command: (text: string) => string;
  /** How often a line of progress is written where lines cannot be updated in place, ms. */
  readonly progressMs: number;

  /**
   * @param options.cursor the terminal supports cursor movements
   * @param options.invocation how the program is called: `npm run imagefleet --`
   * @param options.command completes a command so that it can be copied: `dlq list` becomes
   * `npm run imagefleet -- dlq list --profile mine`
   */
  constructor(options: {
    stdout: Stream;
    stderr: Stream;
    json: boolean;
    cursor: boolean;
    invocation: string;
    command: (text: string) => string;
    progressMs: number;
  }) {
    this.command = options.command;
    this.progressMs = options.progressMs;
    this.#invocation = options.invocation;
    this.#stdout = options.stdout;
    this.#stderr = options.stderr;
    this.#report = options.json ? options.stderr : options.stdout;
    this.#live =
      options.stderr.isTTY && options.cursor ? createLogUpdate(options.stderr) : undefined;
  }

  /** Columns of the report. */
  get width(): number {
    return this.#report.columns || UNKNOWN_WIDTH;
  }

  /** Columns of the live lines. */
  get liveWidth(): number {
    return this.#stderr.columns || UNKNOWN_WIDTH;
  }

  /** True when lines can be updated in place. */
  get isLive(): boolean {
    return this.#live !== undefined;
  }

  /** Styles text of the report. */
  paint = (style: Style, text: string): string => styleText(style, text, { stream: this.#report });

  /** Styles text of {@link note} and {@link live}. */
  tint = (style: Style, text: string): string => styleText(style, text, { stream: this.#stderr });

  /**
   * Writes lines of the report, wrapped at the width of the terminal. Commands are not wrapped, so that
   * they can be copied.
   */
  report(...lines: readonly string[]): void {
    const isCommand = (line: string) => line.startsWith(`  ${this.#invocation} `);
    this.verbatim(
      ...lines.map((line) => (isCommand(line) ? line : wrap(line, this.#report.columns))),
    );
  }

  /** Writes lines of the report without wrapping, so that they can be copied. */
  verbatim(...lines: readonly string[]): void {
    this.#live?.clear();
    for (const line of lines) this.#report.write(`${printableStyled(line)}\n`);
  }

  /** Writes a line that is not part of the report. */
  note(line: string): void {
    this.#live?.clear();
    this.#stderr.write(`${wrap(printableStyled(line), this.#stderr.columns)}\n`);
  }

  /** Writes a warning, which is not part of the report. */
  warn(text: string): void {
    this.note(this.tint("yellow", `! ${text}`));
  }

  /** Replaces the live lines; an empty list removes them. */
  live(lines: readonly string[]): void {
    if (lines.length === 0) this.#live?.clear();
    else this.#live?.(lines.map(printableStyled).join("\n"));
  }

  /** Removes the live lines and shows the cursor again. */
  endLive(): void {
    this.#live?.clear();
    this.#live?.done();
  }

  /** Writes text to stdout unchanged. */
  raw(text: string): void {
    this.#stdout.write(text);
  }

  /** Writes a line of JSON to stdout. */
  json(value: unknown): void {
    this.#stdout.write(`${printableJson(value)}\n`);
  }
}
