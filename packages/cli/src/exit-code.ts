import wrapAnsi from "wrap-ansi";

/** The exit codes; {@link EXIT_CODES} explains them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usageError: 2,
  deadLetters: 3,
  /** 128 + SIGINT, as in shells. */
  interrupted: 130,
} as const;

/** What each exit code means, in `--help` of every command and in docs/cli.md. */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.done, "success"],
  [
    EXIT.failed,
    "any other error: a file that cannot be read or was not uploaded, a server that does not respond, a line that dlq import left out, a source whose state cannot be read (picture), a confirmation that was denied",
  ],
  [
    EXIT.usageError,
    "usage error: an option, path, folder, port, queue name or recipe; a confirmation without a terminal and without --yes",
  ],
  [
    EXIT.deadLetters,
    "something is left or wrong: dead letters (start, reprocess --wait), stale sources (reprocess --wait with --only-stale or --preset), rejected files (render), dead letters that were redriven too often or, with --wait, failed again (dlq redrive), a source that is not up to date or has dead letters (picture), incomplete sources (audit), renditions that could not be made (warm), a score that no setting reaches (tune), items that differ from their manifests (catalog check), manifests that cannot be read (catalog rebuild), a failed check (preflight, doctor)",
  ],
  [EXIT.interrupted, "interrupted by Ctrl-C; in start, by a second one (status --watch: 0)"],
];

const INDENT = 7;

export const EXIT_CODES_HELP = `
Exit codes:
${EXIT_CODES.map(([code, meaning]) => {
  const text = wrapAnsi(meaning, 80 - INDENT).replaceAll("\n", `\n${" ".repeat(INDENT)}`);
  return `  ${code}`.padEnd(INDENT) + text;
}).join("\n")}
`;
