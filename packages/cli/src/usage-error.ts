/** An invalid option, argument or setting. The message contains its name, its value and the fix. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
