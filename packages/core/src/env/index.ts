import * as v from "valibot";

/** A variable that holds a URL. */
export const url = v.pipe(v.string(), v.url("it must be a URL"));

/** A variable that holds a name: not empty. */
export const name = v.pipe(v.string(), v.nonEmpty("it must not be empty"));

/**
 * The bucket that sources come from; absent: it is not known. A message that names another is
 * malformed, and what would be written among the sources is refused. More than one is refused:
 * nothing in a rendition's key says of which bucket its source is (docs/adr/021-one-source-bucket.md).
 */
export const sourceBuckets = v.optional(
  v.pipe(
    v.string(),
    v.transform((text) => (text === "" ? [] : text.split(",").map((one) => one.trim()))),
    v.check((all) => all.every((one) => one !== ""), "it must be the name of a bucket"),
    v.maxLength(
      1,
      "sources of two buckets would meet in one rendition's key: deploy a fleet for each bucket, with a rendition bucket or an output.prefix of its own",
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
 * A program's environment, checked at its door.
 *
 * @throws Error naming each variable that is missing or wrong, its value and the fix
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
