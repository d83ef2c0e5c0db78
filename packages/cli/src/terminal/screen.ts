import { styleText } from "node:util";
import { createLogUpdate } from "log-update";
import { printableJson, printableStyled } from "./printable.ts";
import { wrap } from "./wrap.ts";

/** The width of a terminal that does not say. */
const UNKNOWN_WIDTH = 100;

type Stream = NodeJS.WriteStream;
type Style = Parameters<typeof styleText>[0];

/**
 * What a person sees. The report is on stdout, unless stdout is for JSON; what passes (progress,
 * notes) is on stderr. Colors and cursor movements only where a terminal is, and never those that a
 * key or a message brings along.
 */
export class Screen {
  readonly #stdout: Stream;
  readonly #stderr: Stream;
  readonly #report: Stream;
  readonly #live: ReturnType<typeof createLogUpdate> | undefined;
  readonly #invocation: string;
  readonly command: (text: string) => string;

  /**
   * @param options.cursor the terminal understands cursor movements
   * @param options.call what comes before every command of this program
   * @param options.command a command of it as a person may copy it: `dlq list` becomes
   * `npm run imagefleet -- dlq list --profile mine`
   */
  constructor(options: {
    stdout: Stream;
    stderr: Stream;
    json: boolean;
    cursor: boolean;
    invocation: string;
    command: (text: string) => string;
  }) {
    this.command = options.command;
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

  /** Columns of what is shown live. */
  get liveWidth(): number {
    return this.#stderr.columns || UNKNOWN_WIDTH;
  }

  /** True when what is shown live can be shown in place. */
  get isLive(): boolean {
    return this.#live !== undefined;
  }

  /** Colors a text of the report. */
  paint = (style: Style, text: string): string => styleText(style, text, { stream: this.#report });

  /** Colors a text of {@link note} and {@link live}. */
  tint = (style: Style, text: string): string => styleText(style, text, { stream: this.#stderr });

  /**
   * Lines of the report; a terminal that is narrower gets them broken between words, but for a line
   * that is a command: one that is broken is no command any more.
   */
  report(...lines: readonly string[]): void {
    const isCommand = (line: string) => line.startsWith(`  ${this.#invocation} `);
    this.verbatim(
      ...lines.map((line) => (isCommand(line) ? line : wrap(line, this.#report.columns))),
    );
  }

  /** Lines of the report that a person copies: one that is broken is no command any more. */
  verbatim(...lines: readonly string[]): void {
    this.#live?.clear();
    for (const line of lines) this.#report.write(`${printableStyled(line)}\n`);
  }

  /** A line that is no part of the report. */
  note(line: string): void {
    this.#live?.clear();
    this.#stderr.write(`${wrap(printableStyled(line), this.#stderr.columns)}\n`);
  }

  /** Shows lines in place of those that were shown live before; none: takes them away. */
  live(lines: readonly string[]): void {
    if (lines.length === 0) this.#live?.clear();
    else this.#live?.(lines.map(printableStyled).join("\n"));
  }

  /** Ends what is live: the cursor is shown again. */
  endLive(): void {
    this.#live?.clear();
    this.#live?.done();
  }

  /** A text for a program, on stdout as it is. */
  raw(text: string): void {
    this.#stdout.write(text);
  }

  /** A line of JSON for a program. */
  json(value: unknown): void {
    this.#stdout.write(`${printableJson(value)}\n`);
  }
}
