/** A recipe file that cannot be used: the message names the file, the fault and the fix. */
export class RecipeFileError extends Error {
  override readonly name = "RecipeFileError";
  /** The file's absolute path. */
  readonly file: string;

  constructor(file: string, fault: string, options?: ErrorOptions) {
    super(`${file}: ${fault}`, options);
    this.file = file;
  }
}
