/** The person asked for something that cannot be: the message names what, its value and the fix. */
export class UsageError extends Error {
  override readonly name = "WrongUse";
}
