const READING: Readonly<Record<string, string>> = {
  EACCES: "no permission to read it",
  EPERM: "no permission to read it",
  ENOENT: "it does not exist (any more)",
  ENOTDIR: "it does not exist (any more)",
  ELOOP: "the link points to itself",
  EISDIR: "it is a folder",
  EIO: "the disk cannot read it",
  EMFILE: "too many files are open on this machine",
};

const WRITING: Readonly<Record<string, string>> = {
  EACCES: "no permission to write there",
  EPERM: "no permission to write there",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is exceeded",
  EEXIST: "a file is where a folder must be",
  ENOTDIR: "a file is where a folder must be",
  EISDIR: "a folder is where a file must be",
  ENOTEMPTY: "a folder is where a file must be",
  ENOENT: "no folder can be created there",
  EIO: "the disk cannot write it",
  EMFILE: "too many files are open on this machine",
};

/** Why a file cannot be read. */
export function whyUnreadable(error: unknown): string {
  return READING[codeOf(error)] ?? messageOf(error);
}

/** Why a file cannot be written. */
export function whyUnwritable(error: unknown): string {
  return WRITING[codeOf(error)] ?? messageOf(error);
}

/**
 * What is said of a file that could not be written: which, why, and what to do.
 *
 * @param what the file, or the option that named it and the file
 */
export function cannotWrite(what: string, error: unknown): string {
  const isFull = ["ENOSPC", "EDQUOT"].includes(codeOf(error));
  const remedy = isFull
    ? "free some space there, or name a place on another disk, and run this again"
    : "name a place that you may write to, and run this again";
  return `${what} cannot be written: ${whyUnwritable(error)}: ${remedy}`;
}

/** Whether it is an error of the file system. */
export function isFileError(error: unknown): boolean {
  return codeOf(error) in READING || codeOf(error) in WRITING;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
