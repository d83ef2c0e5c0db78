import * as v from "valibot";

/** A variable that holds a URL. */
export const url = v.pipe(v.string(), v.url("it must be a URL"));

/** A variable that holds a name: not empty. */
export const name = v.pipe(v.string(), v.nonEmpty("it must not be empty"));

/**
 * The bucket of the sources; empty if it is not known. A message that names another bucket is
 * malformed, and a recipe whose renditions would be sources is refused. Two buckets are refused, because
 * the key of a rendition does not contain its source's bucket (docs/adr/021-one-source-bucket.md).
 */
export const sourceBuckets = v.optional(
  v.pipe(
    v.string(),
    v.transform((text) => (text === "" ? [] : text.split(",").map((one) => one.trim()))),
    v.check((all) => all.every((one) => one !== ""), "it must be the name of a bucket"),
    v.maxLength(
      1,
      "sources of two buckets would have the same rendition keys: deploy a fleet for each bucket, with its own rendition bucket or output.prefix",
    ),
  ),
  "",
);

/** A variable that holds a whole number. */
export function wholeNumber(from: number, to: number) {
  const message = `it must be a whole number from ${from} to ${to}`;
  return v.pipe(
    v.string(),
    v.regex(/^\d+$/, message),
    v.transform(Number),
    v.minValue(from, message),
    v.maxValue(to, message),
  );
}

/**
 * Parses the environment of a program at its start.
 *
 * @throws Error with each variable that is missing or invalid, its value and the valid values
 */
export function parseEnv<const Schema extends v.GenericSchema>(
  program: string,
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, environment);
  if (parsed.success) return parsed.output;
  const issues = parsed.issues.map((issue) => {
    const variable = v.getDotPath(issue) ?? "the environment";
    const value = variable in environment ? environment[variable] : undefined;
    return value === undefined
      ? `${variable} is not set`
      : `${variable} is ${JSON.stringify(value)}: ${issue.message}`;
  });
  throw new Error(`${program} cannot start: ${issues.join("; ")}`);
}
