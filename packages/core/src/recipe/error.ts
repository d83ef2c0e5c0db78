/** A recipe that cannot be used: all issues at once, each with the field, the value and the fix. */
export class RecipeError extends Error {
  override readonly name = "RecipeError";
  readonly issues: readonly string[];

  constructor(issues: readonly string[]) {
    super(
      issues.length === 1
        ? `The recipe cannot be used: ${issues[0]}`
        : `The recipe cannot be used. It has ${issues.length} issues:\n${issues.map((issue) => `  - ${issue}`).join("\n")}`,
    );
    this.issues = issues;
  }
}
