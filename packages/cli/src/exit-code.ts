/** The exit codes; {@link EXIT_CODES_HELP} explains them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usageError: 2,
  deadLetters: 3,
  /** 128 + SIGINT, as in shells. */
  interrupted: 130,
} as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0    success
  1    any other error: a file that cannot be read, a server that does not
       respond, a confirmation that was denied
  2    usage error: an option, path, folder, port, queue name or recipe; a
       confirmation without a terminal and without --yes
  3    something is left or wrong: dead letters (start, reprocess --wait), stale
       sources (reprocess --wait), rejected files (render), dead letters that
       were redriven too often (dlq redrive), incomplete sources (audit), a
       failed check (preflight, doctor)
  130  interrupted by Ctrl-C; in start, by a second one (status --watch: 0)
`;
