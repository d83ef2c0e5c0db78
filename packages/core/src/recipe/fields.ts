import * as v from "valibot";

/** One of a few words. */
export function oneOf<const Values extends readonly string[]>(values: Values) {
  return v.picklist(values, (issue) => `is ${show(issue.input)}: use one of ${values.join(", ")}`);
}

/** true or false. */
export function flag() {
  return v.boolean((issue) => `is ${show(issue.input)}: write true or false`);
}

export function wholeNumber(from: number, to: number) {
  const message = (issue: { input: unknown }) =>
    `is ${show(issue.input)}: write a whole number from ${from} to ${to}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(from, message),
    v.maxValue(to, message),
  );
}

/** A value as an issue shows it. */
export function show(value: unknown): string {
  return typeof value === "function" ? "a function" : (JSON.stringify(value) ?? String(value));
}

export const text = v.string((issue) => `is ${show(issue.input)}: write a text`);

export const color = v.pipe(
  v.string((issue) => `is ${show(issue.input)}: write a color as "#rrggbb"`),
  v.regex(
    /^#[0-9a-f]{6}$/i,
    (issue) => `is ${show(issue.input)}: write a color as "#rrggbb", for example "#ffffff"`,
  ),
  v.toLowerCase(),
);
