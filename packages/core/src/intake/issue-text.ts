import * as v from "valibot";

const EXPECTED: Readonly<Record<string, string>> = {
  Object: "an object",
  Array: "an array",
  string: "a string",
};

/** Characters of a text that was found. */
const MAX_FOUND = 40;

/**
 * What is there that should not be, and what is asked for: `Records.0.s3 is 5: it must be an object`. A
 * schema's own message is what it asks for, and begins with "must".
 *
 * @param above the path to what was held against the schema, with a dot at its end
 *
 * @example
 * import * as v from "valibot";
 *
 * const { issues = [] } = v.safeParse(v.object({ key: v.string() }), JSON.parse(body));
 * const texts = issues.map((issue) => issueText(issue));
 */
export function issueText(issue: v.BaseIssue<unknown>, above = ""): string {
  const at = `${above}${v.getDotPath(issue) ?? "it"}`;
  // JSON has no undefined.
  if (issue.input === undefined) return `${at} is missing`;
  return `${at} is ${found(issue.input)}: it ${asked(issue)}`;
}

function asked({ kind, message, expected }: v.BaseIssue<unknown>): string {
  if (kind !== "schema") return message;
  const what = expected ?? "something else";
  // Of several: `("small" | "large")`.
  return `must be ${EXPECTED[what] ?? what.replace(/^\((.*)\)$/, "$1").replaceAll(" | ", " or ")}`;
}

/** Never goes down into a value: it may be nested deeper than any stack is. */
function found(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.length > MAX_FOUND ? `${value.slice(0, MAX_FOUND)}…` : value);
}
