/** Another process listens on the port. */
export class PortTaken extends Error {
  override readonly name = "PortTaken";
  readonly port: number;

  constructor(port: number) {
    super(`port ${port} of 127.0.0.1 is in use: end what listens there, or choose another port`);
    this.port = port;
  }
}

/** Why the servers cannot use their folder; the cause has the details of "other". */
export const FOLDER_ERRORS = ["held", "full", "damaged", "denied", "other"] as const;
type Why = (typeof FOLDER_ERRORS)[number];

const texts: Readonly<Record<Why, string>> = {
  held: "another process uses it",
  full: "no space is left on its disk",
  damaged: "its database is damaged",
  denied: "no permission to read and write it",
  other: "its database cannot be opened",
};

/** The servers' data folder cannot be used. */
export class FolderError extends Error {
  override readonly name = "FolderError";
  readonly why: Why;

  constructor(why: Why, message: string, options?: ErrorOptions) {
    super(message, options);
    this.why = why;
  }
}

export function folderError(cause: unknown, dataDir: string): FolderError {
  const why = whyUnusable(cause);
  const more = why === "other" && cause instanceof Error ? `: ${cause.message}` : "";
  return new FolderError(why, `${dataDir}: ${texts[why]}${more}`, { cause });
}

/**
 * SQLite's result codes by their lowest byte, which extended codes share.
 * @see https://sqlite.org/rescode.html
 */
const bySqlite: Readonly<Record<number, Why>> = {
  3: "denied",
  5: "held",
  6: "held",
  8: "denied",
  11: "damaged",
  13: "full",
  14: "denied",
  23: "denied",
  26: "damaged",
};

const bySystem: Readonly<Record<string, Why>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
};

/** LevelDB's codes. A full disk is an input or output error like others, but for its text. */
const byLevel: Readonly<Record<string, Why>> = {
  LEVEL_LOCKED: "held",
  LEVEL_CORRUPTION: "damaged",
};

export function whyUnusable(error: unknown): Why {
  if (!(error instanceof Error)) return "other";
  if ("code" in error && String(error.code).startsWith("LEVEL_")) {
    if (error.cause !== undefined) return whyUnusable(error.cause);
    if (error.message.includes("No space left on device")) return "full";
    return byLevel[String(error.code)] ?? "other";
  }
  if ("errcode" in error) return bySqlite[Number(error.errcode) & 0xff] ?? "other";
  return ("code" in error && bySystem[String(error.code)]) || "other";
}
