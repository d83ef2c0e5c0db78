/** A recipe that cannot be used: every fault at once, each with the field, the value and the fix. */
export class RecipeError extends Error {
  override readonly name = "RecipeError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      faults.length === 1
        ? `The recipe cannot be used: ${faults[0]}`
        : `The recipe cannot be used, ${faults.length} faults:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
    );
    this.faults = faults;
  }
}
