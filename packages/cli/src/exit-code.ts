/** How the program ends; `--help` says the same. */
export const EXIT = {
  done: 0,
  failed: 1,
  usageError: 2,
  deadLetters: 3,
  /** Ctrl-C in render, a second one in start: 128 + SIGINT, as shells count. */
  interrupted: 130,
} as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0    all done
  1    anything else went wrong: a file that cannot be read, a server that does
       not answer, a question that was answered with no
  2    wrong use: an option, a path, a folder, a port, a queue's name or the
       recipe; no --yes where nobody can be asked
  3    something is left: dead letters (start, reprocess --wait), sources that
       are still stale (reprocess --wait), rejected files (render), dead letters
       past their redrives (dlq redrive), sources that are incomplete (audit);
       something is wrong (preflight, doctor)
  130  interrupted: Ctrl-C; in start, a second one (status --watch ends with 0)
`;
